import { Alert, Button, Code, Group, List, Stack, Text, Title } from '@mantine/core'
import { IconCheck, IconRefresh } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { DestinationConnector } from '../../api/connectors.ts'
import { type DeliveryDetail, refreshIntegrations, settleDelivery } from '../../api/integrations.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { JsonView } from '../../parts/JsonView.tsx'
import { LinkText } from '../../parts/links.tsx'
import { sayDone } from '../../parts/notify.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { reasonText, storeName, words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { AttemptLog } from './AttemptLog.tsx'
import { eventLabel } from './DeliveriesTab.tsx'
import { DueText } from './DueText.tsx'
import classes from './Integrations.module.css'

interface DeliveryViewProps {
  readonly delivery: DeliveryDetail
  readonly destination: DestinationConnector | undefined
  /** Of the destination. */
  readonly title: string
}

export function DeliveryView({ delivery, destination, title }: DeliveryViewProps) {
  const { event, reason, advice, status, notes, mends, identity } = delivery
  return (
    <Stack gap="lg">
      <div>
        <Group gap="sm" mb={6}>
          <Title order={2}>{event == null ? 'Event' : eventLabel(event, destination)}</Title>
          <StatusBadge status={status} />
        </Group>
        {reason !== null && (
          <Alert variant="light" color={status === 'failed' ? 'red' : 'yellow'} title={reasonText(reason)} p="sm">
            {advice !== null && <Text size="sm">{advice}</Text>}
          </Alert>
        )}
      </div>
      <DeliveryActs delivery={delivery} title={title} />
      <Facts delivery={delivery} />
      {notes.length + mends.length > 0 && (
        <section aria-label="Notes">
          <Title order={3} mb={6}>
            Notes
          </Title>
          <List size="sm">
            {[...notes, ...mends.map((mend) => `Mended: ${mend}.`)].map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
        </section>
      )}
      <AttemptLog attempts={delivery.attempt_log} title={title} />
      {identity !== null && <JsonView label={`Identity in ${title}`} value={identity} />}
    </Stack>
  )
}

function Facts({ delivery }: { readonly delivery: DeliveryDetail }) {
  const { id: project } = useProject()
  const { event, status } = delivery
  const facts: readonly (readonly [string, ReactNode])[] = [
    [
      'Event',
      <LinkText inherit key="event" to="/$project/events/$id" params={{ project, id: delivery.event_id }}>
        {delivery.event_id}
      </LinkText>,
    ],
    ...(event == null
      ? []
      : ([
          [
            'Customer',
            <LinkText inherit key="customer" to="/$project/customers/$id" params={{ project, id: event.customer }}>
              {event.customer}
            </LinkText>,
          ],
          ['Product', event.product_id],
          ['Store', storeName(event.store)],
          ['Happened', <TimeText key="happened" at={event.occurred_at} as="exact" />],
        ] as const)),
    ['Environment', words(delivery.environment)],
    ['Made', <TimeText key="made" at={delivery.created_at} as="exact" />],
    status === 'waiting'
      ? ['Due', delivery.due_at === null ? 'After what stands before it' : <DueText key="due" at={delivery.due_at} />]
      : ['Ended', <TimeText key="ended" at={delivery.settled_at} as="exact" none="Not yet" />],
    ...(delivery.resend === 0 ? [] : ([['Resend', String(delivery.resend)]] as const)),
    ...(delivery.records_done.length === 0 ? [] : ([['Taken', delivery.records_done.map(words).join(', ')]] as const)),
    ...(delivery.may_be_doubled
      ? ([['Careful', 'The answer to one of its requests was lost: it may have arrived twice.']] as const)
      : []),
    ['Delivery', <Code key="id">{delivery.id}</Code>],
  ]
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <FactPair key={name} name={name} value={value} />
      ))}
    </dl>
  )
}

function FactPair({ name, value }: { readonly name: string; readonly value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

/** Whether it arrived is for a person to say: sending again might double it. */
const UNKNOWN = 'outcome_unknown'

function DeliveryActs({ delivery, title }: { readonly delivery: DeliveryDetail; readonly title: string }) {
  const { id: project, may } = useProject()
  const settle = useMutation({
    mutationFn: (act: 'retry' | 'arrived') => settleDelivery(project, delivery.id, act),
    onSuccess: async (_, act) => {
      sayDone(act === 'retry' ? 'It waits to be sent again.' : 'It counts as delivered.')
      await refreshIntegrations(project)
    },
  })
  if (!may('integrate') || (delivery.status !== 'failed' && delivery.status !== 'skipped')) return null
  const unknown = delivery.reason === UNKNOWN
  return (
    <Stack gap="sm">
      {unknown && (
        <Text size="sm">
          {title} gave no answer, so nobody knows whether it arrived. Look there for the customer's event, then say so,
          or send it again and risk that it is there twice.
        </Text>
      )}
      <Group gap="xs">
        {unknown && (
          <Button
            leftSection={<IconCheck size={16} aria-hidden />}
            onClick={() => settle.mutate('arrived')}
            loading={settle.isPending && settle.variables === 'arrived'}
          >
            It arrived
          </Button>
        )}
        <Button
          variant={unknown ? 'default' : 'filled'}
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => settle.mutate('retry')}
          loading={settle.isPending && settle.variables === 'retry'}
        >
          {unknown ? 'Send it again' : 'Retry'}
        </Button>
      </Group>
      {settle.isError && <ErrorState error={settle.error} />}
    </Stack>
  )
}
