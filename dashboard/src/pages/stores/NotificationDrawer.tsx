import { Drawer, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type NotificationWithBody, notificationQuery } from '../../api/apps.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { MessageBody } from './MessageBody.tsx'
import { Reprocess } from './Reprocess.tsx'
import classes from './Stores.module.css'

interface NotificationDrawerProps {
  readonly id: string
  readonly onClose: () => void
}

/** One message of a store: what became of it, the message itself, and running it again. */
export function NotificationDrawer({ id, onClose }: NotificationDrawerProps) {
  const { id: project, may } = useProject()
  const found = useQuery(notificationQuery(project, id, may('personal')))
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={found.data?.type ?? 'Notification'}>
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Skeleton height={200} />
      ) : (
        <Stack>
          <Facts of={found.data} />
          {may('configure') && <Reprocess key={id} id={id} />}
          {found.data.body === undefined ? (
            <Text size="sm" c="dimmed">
              The message itself is shown to owners, admins and developers, since it may name a customer.
            </Text>
          ) : (
            <MessageBody body={found.data.body} />
          )}
        </Stack>
      )}
    </Drawer>
  )
}

function Facts({ of }: { readonly of: NotificationWithBody }) {
  return (
    <dl className={classes.facts}>
      <dt>Status</dt>
      <dd>
        <StatusBadge status={of.status} />
      </dd>
      {of.note !== null && (
        <>
          <dt>Note</dt>
          <dd>{of.note}</dd>
        </>
      )}
      <dt>Events</dt>
      <dd>{of.events === 0 ? 'none' : of.events}</dd>
      <dt>Environment</dt>
      <dd>{of.environment}</dd>
      <dt>Came</dt>
      <dd>{of.via === 'pull' ? 'read from the store’s list' : 'sent by the store'}</dd>
      <dt>Sent</dt>
      <dd>
        <TimeText at={of.sent_at} as="exact" />
      </dd>
      <dt>Received</dt>
      <dd>
        <TimeText at={of.received_at} as="exact" />
      </dd>
      {of.due_at !== null && (
        <>
          <dt>Next try</dt>
          <dd>
            <TimeText at={of.due_at} /> after {of.tries} tries
          </dd>
        </>
      )}
      <dt>Id</dt>
      <dd>{of.id}</dd>
    </dl>
  )
}
