import { Button, Group, List, Modal, Progress, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
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

interface Walk {
  readonly asked: ReplayAsked
  after: string | null
  retried: number
  stopped: boolean
}

/** Call by call, as far as `next` leads. Stopping is no harm: what was not reached is as it was. */
function useReplay(project: string, id: string): Run {
  const [progress, setProgress] = useState<Progressed>(ASKED)
  // A walk that was put away ends after the call it is in, and tells nobody any more.
  const current = useRef<Walk | null>(null)
  const cancel = useCallback((): void => {
    if (current.current !== null) current.current.stopped = true
  }, [])
  useEffect(() => cancel, [cancel])

  const run = async (walk: Walk): Promise<void> => {
    current.current = walk
    walk.stopped = false
    const say = (state: Progressed['state'], error: unknown = null): void => {
      if (current.current === walk) setProgress({ state, retried: walk.retried, error })
    }
    say('running')
    try {
      say(await goOn(project, id, walk, () => say('running')))
    } catch (error) {
      say('failed', error)
    }
    await refreshIntegrations(project)
  }

  return {
    ...progress,
    start: (asked) => void run({ asked, after: null, retried: 0, stopped: false }),
    again: () => {
      if (current.current !== null) void run(current.current)
    },
    cancel,
    reset: () => {
      cancel()
      current.current = null
      setProgress(ASKED)
    },
  }
}

async function goOn(project: string, id: string, walk: Walk, onStep: () => void): Promise<'done' | 'cancelled'> {
  while (!walk.stopped) {
    const { asked, after } = walk
    const { retried, next } = await replay(project, id, asked, { dryRun: false, ...(after === null ? {} : { after }) })
    walk.retried += retried
    if (next === null) return 'done'
    walk.after = next
    onStep()
  }
  return 'cancelled'
}
