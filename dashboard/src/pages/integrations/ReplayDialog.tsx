import { Button, Group, List, Modal, Progress, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import {
  type Delivery,
  type Integration,
  type ReplayAsked,
  refreshIntegrations,
  replay,
} from '../../api/integrations.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { countText } from '../../parts/money.ts'
import { TimeText } from '../../parts/TimeText.tsx'
import { reasonText } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { eventLabel } from './DeliveriesTab.tsx'

interface ReplayDialogProps {
  readonly integration: Integration
  readonly destination: DestinationConnector | undefined
  /** null: closed. */
  readonly asked: ReplayAsked | null
  readonly onClose: () => void
}

/** First what would be sent again, with a count and a sample; then, when somebody says so, all of it step by step. */
export function ReplayDialog({ integration, destination, asked, onClose }: ReplayDialogProps) {
  const { id: project } = useProject()
  const run = useReplay(project, integration.id)
  const close = (): void => {
    run.cancel()
    onClose()
  }
  return (
    <Modal
      opened={asked !== null}
      onClose={close}
      size="lg"
      title={
        asked?.reason === undefined
          ? `Retry all that ${asked?.status ?? 'failed'}?`
          : `Retry "${reasonText(asked.reason)}"?`
      }
      onExitTransitionEnd={run.reset}
    >
      {asked !== null && (
        <Body integration={integration} destination={destination} asked={asked} run={run} onClose={close} />
      )}
    </Modal>
  )
}

function Body({ integration, destination, asked, run, onClose }: ReplayDialogProps & { asked: ReplayAsked; run: Run }) {
  const { id: project } = useProject()
  const look = useQuery({
    queryKey: ['replay', project, integration.id, asked],
    queryFn: () => replay(project, integration.id, asked, { dryRun: true }),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  if (run.state !== 'asked') return <Running run={run} onClose={onClose} total={look.data?.matched ?? 0} />
  if (look.isPending)
    return (
      <Text size="sm" role="status">
        Counting what would be sent again…
      </Text>
    )
  if (look.data === undefined) return <ErrorState error={look.error} onRetry={() => void look.refetch()} />
  const { matched, more, sample } = look.data
  const number = `${more ? 'At least ' : ''}${countText(matched)} ${matched === 1 ? 'delivery' : 'deliveries'}`
  return (
    <Stack>
      <Text size="sm" role="status">
        {matched === 0
          ? 'None of them can be sent again: what is gone from the hub, or was never to be sent, stays as it is.'
          : `${number} to ${integration.title} will be sent again, under the ids of the first time. What arrived already stays alone.`}
      </Text>
      {sample.length > 0 && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            The oldest {sample.length === 1 ? 'one' : `${sample.length} of them`}
          </Text>
          <List size="sm" spacing={4}>
            {sample.map((one) => (
              <Sample key={one.id} delivery={one} destination={destination} />
            ))}
          </List>
        </div>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {matched === 0 ? 'Close' : 'Cancel'}
        </Button>
        {matched > 0 && (
          <Button onClick={() => run.start(asked)} data-autofocus>
            Retry {number.toLowerCase()}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Sample({
  delivery: { event, event_id, created_at },
  destination,
}: {
  delivery: Delivery
  destination: DestinationConnector | undefined
}) {
  return (
    <List.Item>
      {event == null ? event_id : `${eventLabel(event, destination)} of ${event.customer}`},{' '}
      <Text span c="dimmed" inherit>
        <TimeText at={created_at} />
      </Text>
    </List.Item>
  )
}

function Running({ run, total, onClose }: { readonly run: Run; readonly total: number; readonly onClose: () => void }) {
  const { state, retried, error } = run
  const said = `${countText(retried)} ${retried === 1 ? 'delivery waits' : 'deliveries wait'} to be sent again`
  const share = state === 'done' || total === 0 ? 100 : Math.min(99, (100 * retried) / total)
  return (
    <Stack>
      <Progress value={share} animated={state === 'running'} aria-label="Retried" />
      <Text size="sm" role="status">
        {state === 'running' && `${said} so far.`}
        {state === 'done' && `Done: ${said}.`}
        {state === 'cancelled' && `Stopped: ${said}; the rest is as it was.`}
        {state === 'failed' && `${said}; then it stopped.`}
      </Text>
      {error !== null && <ErrorState error={error} onRetry={run.again} />}
      <Group justify="flex-end">
        {state === 'running' ? (
          <Button variant="default" onClick={run.cancel}>
            Stop
          </Button>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )}
      </Group>
    </Stack>
  )
}

interface Progressed {
  readonly state: 'asked' | 'running' | 'done' | 'cancelled' | 'failed'
  readonly retried: number
  readonly error: unknown
}
interface Run extends Progressed {
  readonly start: (asked: ReplayAsked) => void
  /** Goes on where it failed. */
  readonly again: () => void
  readonly cancel: () => void
  readonly reset: () => void
}

const ASKED: Progressed = { state: 'asked', retried: 0, error: null }

/** Call by call, as far as `next` leads. Stopping is no harm: what was not reached is as it was. */
function useReplay(project: string, id: string): Run {
  const [progress, setProgress] = useState<Progressed>(ASKED)
  const stop = useRef(false)
  const place = useRef<{ readonly asked: ReplayAsked; readonly after: string | null; readonly retried: number } | null>(
    null,
  )

  const go = async (): Promise<void> => {
    stop.current = false
    while (place.current !== null) {
      const { asked, after, retried } = place.current
      setProgress({ state: 'running', retried, error: null })
      const done = await replay(project, id, asked, { dryRun: false, ...(after === null ? {} : { after }) })
      const all = retried + done.retried
      place.current = done.next === null ? null : { asked, after: done.next, retried: all }
      if (done.next === null) setProgress({ state: 'done', retried: all, error: null })
      else if (stop.current) return setProgress({ state: 'cancelled', retried: all, error: null })
    }
  }
  const run = async (): Promise<void> => {
    try {
      await go()
    } catch (error) {
      setProgress(({ retried }) => ({ state: 'failed', retried, error }))
    }
    await refreshIntegrations(project)
  }

  return {
    ...progress,
    start: (asked) => {
      place.current = { asked, after: null, retried: 0 }
      void run()
    },
    again: () => void run(),
    cancel: () => {
      stop.current = true
    },
    reset: () => {
      place.current = null
      setProgress(ASKED)
    },
  }
}
