import { Button, CopyButton, Skeleton, Stack, Text } from '@mantine/core'
import { IconBolt, IconCheck, IconTerminal2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type EventDetail, eventQuery } from '../../api/events.ts'
import { ApiProblem } from '../../api/problem.ts'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { EventSign } from '../../parts/EventSign.tsx'
import { customerOf, eventHeadline, eventSentence, eventTitle } from '../../parts/event-words.ts'
import { Facts } from '../../parts/Facts.tsx'
import { JsonView } from '../../parts/JsonView.tsx'
import { LinkButton, LinkText } from '../../parts/links.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { storeName, words } from '../../parts/words.ts'
import { useProject, useSession } from '../../project.ts'
import { CausedBy } from './CausedBy.tsx'
import { Deliveries } from './Deliveries.tsx'
import classes from './Events.module.css'
import { MoneyOfEvent } from './MoneyOfEvent.tsx'

const route = getRouteApi('/in/$project/events/$id')

export function EventPage() {
  const { id: project } = useProject()
  const { id } = route.useParams()
  const event = useQuery(eventQuery(project, id))
  const above = [
    <LinkText key="events" to="/$project/events" params={{ project }} size="sm">
      Events
    </LinkText>,
  ]
  if (event.data !== undefined) return <Whole event={event.data} above={above} />
  return (
    <>
      <PageHeader title="Event" above={above} />
      {event.isPending ? (
        <Stack role="status" aria-label="The event is loading">
          <Skeleton height={140} radius="md" />
          <Skeleton height={260} radius="md" />
        </Stack>
      ) : event.error instanceof ApiProblem && event.error.status === 404 ? (
        <EmptyState
          icon={IconBolt}
          title="There is no such event"
          action={
            <LinkButton variant="default" to="/$project/events" params={{ project }}>
              All events
            </LinkButton>
          }
        >
          Compare the id with the address it came from; this project has no event {id}.
        </EmptyState>
      ) : (
        <ErrorState error={event.error} onRetry={() => void event.refetch()} />
      )}
    </>
  )
}

function Whole({ event, above }: { readonly event: EventDetail; readonly above: readonly ReactNode[] }) {
  const { deliveries: _, attempts: __, ...alone } = event
  return (
    <>
      <PageHeader
        title={eventHeadline(event)}
        tab={eventTitle(event)}
        about={`${eventSentence(event)}.`}
        above={above}
        beside={<EventSign event={event} size={32} />}
        actions={<CopyAsCurl id={event.id} />}
      />
      <div className={classes.columns}>
        <Stack>
          <FactsOfEvent event={event} />
          <Deliveries event={event} />
        </Stack>
        <Stack>
          <MoneyOfEvent event={event} />
          <CausedBy event={event} />
          <JsonView value={alone} label="Event" open={1} />
        </Stack>
      </div>
    </>
  )
}

function FactsOfEvent({ event }: { readonly event: EventDetail }) {
  const { id: project } = useProject()
  const customer = customerOf(event)
  const expires = event.expiration_at_ms
  return (
    <Panel title="What happened">
      <Facts
        facts={[
          [
            'Customer',
            <LinkText key="customer" to="/$project/customers/$id" params={{ project, id: customer }} size="sm">
              {customer}
            </LinkText>,
          ],
          ['Happened', <TimeText key="at" at={event.occurred_at_ms} as="exact" />],
          ['Recorded', <TimeText key="recorded" at={event.event_timestamp_ms} as="exact" />],
          ['Store', storeName(event.store)],
          ['Product', event.product_id],
          event.new_product_id == null ? null : ['New product', event.new_product_id],
          ['Period', words(event.period_type)],
          ['Purchased', <TimeText key="purchased" at={event.purchased_at_ms} as="exact" />],
          expires === null ? null : ['Expires', <TimeText key="expires" at={expires} as="exact" />],
          ['Status after it', words(event.subscription_status)],
          event.will_renew === null ? null : ['Will renew', event.will_renew ? 'Yes' : 'No'],
          event.cancel_reason == null ? null : ['Reason', words(event.cancel_reason)],
          event.expiration_reason == null ? null : ['Reason', words(event.expiration_reason)],
          event.entitlement_ids === null ? null : ['Entitlements', event.entitlement_ids.join(', ') || 'none'],
          ['Transaction', event.transaction_id],
          event.country_code === null ? null : ['Country', event.country_code],
          event.offer_code == null ? null : ['Offer', event.offer_code],
          event.renewal_number === null ? null : ['Period number', String(event.renewal_number)],
          ['Environment', words(event.environment)],
        ]}
      />
      {event.late && <Note>It was learned more than an hour after it happened.</Note>}
      {event.provisional && <Note>Its customer may still turn out to be another one; nothing is sent until then.</Note>}
    </Panel>
  )
}

function Note({ children }: { readonly children: string }) {
  return (
    <Text size="sm" c="dimmed" mt="sm">
      {children}
    </Text>
  )
}

function CopyAsCurl({ id }: { readonly id: string }) {
  const { id: project } = useProject()
  const { base_url: base } = useSession()
  const path = `/api/projects/${encodeURIComponent(project)}/events/${encodeURIComponent(id)}`
  const command = `curl -H 'Authorization: Bearer sk_…' '${`${base.replace(/\/$/, '')}${path}`.replaceAll("'", '%27')}'`
  return (
    <CopyButton value={command} timeout={1_500}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="xs"
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconTerminal2 size={14} aria-hidden />}
          onClick={copy}
          title="Copies the request of the API that reads this event; put a secret key in the place of sk_…"
        >
          {copied ? 'Copied' : 'Copy as cURL'}
        </Button>
      )}
    </CopyButton>
  )
}
