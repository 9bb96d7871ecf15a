import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { confirmArrived, type Delivery, type EventDetail, retryDelivery } from '../../api/events.ts'
import { integrationsQuery } from '../../api/integrations.ts'
import { whyEventQuery } from '../../api/why.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { LinkText } from '../../parts/links.tsx'
import { sayDone, sayFailed } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { whoMay } from '../../parts/roles.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import { Attempts } from './Attempts.tsx'
import classes from './Events.module.css'

/** What became of an event at each integration: a delivery, or why there is none. */
export function Deliveries({ event }: { readonly event: EventDetail }) {
  const { id: project } = useProject()
  const integrations = useQuery(integrationsQuery(project))
  const sent = new Set(event.deliveries.map(({ integration_id }) => integration_id))
  const without = integrations.data?.filter(({ id }) => !sent.has(id)) ?? []
  return (
    <Panel title="Deliveries" flush>
      {event.deliveries.map((delivery) => (
        <DeliveryOfEvent key={delivery.id} delivery={delivery} event={event} />
      ))}
      {without.map(({ id }) => (
        <NotSent key={id} integration={id} event={event} />
      ))}
      {sent.size === 0 && integrations.isSuccess && without.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No integration is connected, so the event is sent nowhere.
        </Text>
      )}
    </Panel>
  )
}

function IntegrationLink({ id, delivery }: { readonly id: string; readonly delivery?: string }) {
  const { id: project } = useProject()
  return (
    <LinkText
      to="/$project/integrations/$id"
      params={{ project, id }}
      search={delivery === undefined ? {} : { delivery }}
      fw={500}
    >
      {id}
    </LinkText>
  )
}

interface DeliveryOfEventProps {
  readonly delivery: Delivery
  readonly event: EventDetail
}

function DeliveryOfEvent({ delivery, event }: DeliveryOfEventProps) {
  const attempts = event.attempts.filter(({ delivery_id }) => delivery_id === delivery.id)
  const { settled_at: settled, due_at: due, status } = delivery
  return (
    <section className={classes.delivery} aria-label={`Delivery to ${delivery.integration_id}`}>
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Group gap="sm">
            <IntegrationLink id={delivery.integration_id} delivery={delivery.id} />
            <StatusBadge status={status} />
            <Text size="sm" c="dimmed">
              {settled !== null ? (
                <TimeText at={settled} />
              ) : due !== null ? (
                <>
                  due <TimeText at={due} />
                </>
              ) : status === 'waiting' ? (
                'after the events before it'
              ) : null}
            </Text>
          </Group>
          <Acts delivery={delivery} event={event} />
        </Group>
        {delivery.reason !== null && <Text size="sm">{sentence(delivery.reason)}</Text>}
        {delivery.advice !== null && (
          <Text size="sm" c="dimmed">
            {delivery.advice}
          </Text>
        )}
        {delivery.may_be_doubled && (
          <Text size="sm" c="dimmed">
            The outcome of one of its requests is unknown, so it may have arrived twice.
          </Text>
        )}
        {delivery.notes.map((note) => (
          <Text key={note} size="sm" c="dimmed">
            {note}
          </Text>
        ))}
        <Attempts attempts={attempts} delivery={delivery} />
      </Stack>
    </section>
  )
}

/** Reasons are sentences of the hub or a destination, or single words. */
function sentence(reason: string): string {
  return /^[a-z_]+$/.test(reason) ? `${words(reason)}.` : reason
}

function Acts({ delivery, event }: DeliveryOfEventProps) {
  const { id: project, may } = useProject()
  const [asked, setAsked] = useState(false)
  const done = (message: string) => () => {
    setAsked(false)
    sayDone(message)
    void queries.invalidateQueries({ queryKey: ['event', project, event.id] })
  }
  const retry = useMutation({
    mutationFn: () => retryDelivery(project, delivery.id),
    onSuccess: done('It waits to be sent again.'),
    onError: (error) => !asked && sayFailed(error),
  })
  const accept = useMutation({
    mutationFn: () => confirmArrived(project, delivery.id),
    onSuccess: done('It counts as delivered.'),
    onError: sayFailed,
  })
  if (delivery.status !== 'failed' && delivery.status !== 'skipped') return null
  const denied = may('integrate') ? {} : { disabled: true, title: whoMay('integrate') }
  // What may have arrived already could arrive twice: that is asked first.
  const start = delivery.may_be_doubled ? () => setAsked(true) : () => retry.mutate()
  return (
    <Group gap="xs">
      {delivery.may_be_doubled && (
        <Button size="xs" variant="default" onClick={() => accept.mutate()} loading={accept.isPending} {...denied}>
          It arrived
        </Button>
      )}
      <Button size="xs" variant="default" onClick={start} loading={retry.isPending} {...denied}>
        {delivery.status === 'failed' ? 'Retry' : 'Send it now'}
      </Button>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Send it to ${delivery.integration_id} again?`}
        act="Send it again"
        onConfirm={() => retry.mutate()}
        pending={retry.isPending}
        error={retry.error}
        calm
      >
        Nobody knows whether the last request arrived. If it did, the destination may count the event twice; look there
        first, and choose “It arrived” when you find it.
      </ConfirmDialog>
    </Group>
  )
}

/** An integration that got nothing of this event, and the hub's sentence why. */
function NotSent({ integration, event }: { readonly integration: string; readonly event: EventDetail }) {
  const { id: project } = useProject()
  const why = useQuery(whyEventQuery(project, event.id, integration))
  const sentence = why.data?.items[0]?.sentence
  return (
    <section className={classes.delivery} aria-label={`Delivery to ${integration}`}>
      <Stack gap={6}>
        <Group gap="sm">
          <IntegrationLink id={integration} />
          <StatusBadge status="not_sent" />
        </Group>
        <Text size="sm">
          {why.isPending
            ? 'Asking why …'
            : (sentence ?? 'Nothing was sent, and the hub did not say why; open the page again.')}
        </Text>
      </Stack>
    </section>
  )
}
