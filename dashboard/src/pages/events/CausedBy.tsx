import { Button, Group, Loader, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type HubEvent, notificationQuery } from '../../api/events.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { Facts } from '../../parts/Facts.tsx'
import { JsonView } from '../../parts/JsonView.tsx'
import { LinkText } from '../../parts/links.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { whoMay } from '../../parts/roles.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'

interface CausedByProps {
  readonly event: Pick<HubEvent, 'store'> & { readonly notification_id: string | null }
}

/** The store's message that an event was read from. */
export function CausedBy({ event }: CausedByProps) {
  const { notification_id: id } = event
  if (id !== null) return <Message id={id} />
  const granted = event.store.toLowerCase() === 'promotional'
  return (
    <Panel title="Caused by">
      <Text size="sm" c="dimmed">
        {granted
          ? 'Nobody sent a message: it was granted or taken back here, or ended by the clock.'
          : 'No message of the store: the clock, a history that the store gave, a receipt or an import told it.'}
      </Text>
    </Panel>
  )
}

function Message({ id }: { readonly id: string }) {
  const { id: project, may } = useProject()
  const [open, setOpen] = useState(false)
  const message = useQuery(notificationQuery(project, id, false))
  return (
    <Panel title="Caused by">
      {message.isPending && <Skeleton height={60} />}
      {message.isError && <ErrorState error={message.error} onRetry={() => void message.refetch()} />}
      {message.data !== undefined && (
        <Stack gap="sm">
          <Facts
            facts={[
              ['Message', message.data.type || 'without a type'],
              ['State', <StatusBadge key="state" status={message.data.status} />],
              ['Received', <TimeText key="at" at={message.data.received_at} as="exact" />],
              [
                'Store',
                <LinkText
                  key="app"
                  to="/$project/stores/$id"
                  params={{ project, id: message.data.app_id }}
                  search={{ tab: 'notifications' } as never}
                  size="sm"
                >
                  {message.data.app_id}
                </LinkText>,
              ],
            ]}
          />
          {message.data.note !== null && <Text size="sm">{message.data.note}</Text>}
          <Group>
            <Button
              variant="default"
              size="xs"
              onClick={() => setOpen(!open)}
              aria-expanded={open}
              disabled={!may('personal')}
              {...(may('personal') ? {} : { title: whoMay('personal') })}
            >
              {open ? 'Hide the message' : 'Show the message'}
            </Button>
          </Group>
          {open && <Body id={id} />}
        </Stack>
      )}
    </Panel>
  )
}

function Body({ id }: { readonly id: string }) {
  const { id: project } = useProject()
  const message = useQuery(notificationQuery(project, id, true))
  if (message.isPending) return <Loader size="sm" aria-label="The message is loading" />
  if (message.isError) return <ErrorState error={message.error} onRetry={() => void message.refetch()} />
  const { body } = message.data
  if (body === undefined || body.bytes === 0)
    return (
      <Text size="sm" c="dimmed">
        The message is not kept any more.
      </Text>
    )
  return <JsonView value={jsonOr(body.content)} label="Message" open={3} maxHeight={360} />
}

/** Stores send JSON; what is none is shown as the text it is. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
