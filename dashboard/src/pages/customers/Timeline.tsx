import { Badge, Button, Center, Skeleton, Stack, Text, ThemeIcon } from '@mantine/core'
import { type Icon, IconAd2, IconArrowsExchange, IconPencil, IconUserPlus } from '@tabler/icons-react'
import { type ReactNode, useMemo } from 'react'
import { listTimeline, type Moment } from '../../api/customers.ts'
import type { HubEvent } from '../../api/events.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { EventSign } from '../../parts/EventSign.tsx'
import { eventSentence } from '../../parts/event-words.ts'
import { LinkText } from '../../parts/links.tsx'
import { useList } from '../../parts/list.ts'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { msOf } from '../../parts/time.ts'
import { useProject } from '../../project.ts'
import classes from './Customers.module.css'

const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' })

interface Day {
  readonly key: string
  readonly moments: readonly { readonly key: string; readonly moment: Moment }[]
}

/** Moments under the days of the reader's calendar, in the order in which they come. */
function byDay(moments: readonly Moment[]): readonly Day[] {
  const days: { key: string; moments: { key: string; moment: Moment }[] }[] = []
  moments.forEach((moment, index) => {
    const key = dayFormat.format(timeOf(moment))
    const last = days.at(-1)
    // Nothing but its place tells two changes of one moment apart, and places only grow at the end.
    const one = { key: 'event' in moment ? moment.event.id : `${moment.at} ${index}`, moment }
    if (last?.key === key) last.moments.push(one)
    else days.push({ key, moments: [one] })
  })
  return days
}

/** An event at the time it happened: what was learned late stands where the hub learned of it, under its own day. */
function timeOf(moment: Moment): number {
  return 'event' in moment ? moment.event.occurred_at_ms : msOf(moment.at)
}

/** What happened to a customer, in plain words. */
export function Timeline({ id }: { readonly id: string }) {
  const { id: project } = useProject()
  const list = useList<Moment>(['timeline', project, id], (before) => listTimeline(project, id, before))
  const days = useMemo(() => byDay(list.data?.items ?? []), [list.data])
  const { hasNextPage, isFetchingNextPage } = list
  return (
    <Panel title="Timeline" about="Newest first, in your time zone." flush>
      {list.isPending && (
        <Stack p="md" gap="sm" role="status" aria-label="The timeline is loading">
          <Skeleton height={24} />
          <Skeleton height={24} />
          <Skeleton height={24} />
        </Stack>
      )}
      {list.isError && (
        <div className={classes.line}>
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        </div>
      )}
      {list.isSuccess && days.length === 0 && (
        <Text size="sm" c="dimmed" p="md">
          Nothing has happened yet; purchases, logins and changes of attributes appear here.
        </Text>
      )}
      {days.map(({ key, moments }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a day comes twice where something was learned late
        <section key={`${key} ${index}`} aria-label={key}>
          <div className={classes.day}>{key}</div>
          <ul className={classes.moments}>
            {moments.map((one) => (
              <li key={one.key} className={classes.moment}>
                <MomentLine moment={one.moment} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {hasNextPage && (
        <Center py="sm">
          <Button variant="subtle" size="xs" loading={isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Load more
          </Button>
        </Center>
      )}
      <div style={{ height: 10 }} />
    </Panel>
  )
}

function MomentLine({ moment }: { readonly moment: Moment }) {
  if ('event' in moment) return <EventLine event={moment.event} at={msOf(moment.at)} />
  const { icon: Sign, text } = changeOf(moment.kind, moment.change)
  return (
    <>
      <ThemeIcon variant="light" color="gray" size={26} radius="md" aria-hidden>
        <Sign size={15} stroke={1.7} />
      </ThemeIcon>
      <div>{text}</div>
      <Text size="xs" c="dimmed" pt={5}>
        <TimeText at={moment.at} as="clock" />
      </Text>
    </>
  )
}

function EventLine({ event, at }: { readonly event: HubEvent; readonly at: number }) {
  const { id: project } = useProject()
  return (
    <>
      <EventSign event={event} />
      <div>
        <LinkText to="/$project/events/$id" params={{ project, id: event.id }} size="sm">
          {eventSentence(event)}
        </LinkText>{' '}
        {event.environment === 'SANDBOX' && (
          <Badge size="xs" color="yellow" variant="light" tt="none" fw={500}>
            sandbox
          </Badge>
        )}
        {event.late && (
          <Text size="xs" c="dimmed">
            learned <TimeText at={at} as="exact" />
          </Text>
        )}
      </div>
      <Text size="xs" c="dimmed" pt={5}>
        <TimeText at={event.occurred_at_ms} as="clock" />
      </Text>
    </>
  )
}

/** Changes as the hub keeps them: attribute, attribution, alias, transfer. */
function changeOf(kind: string, change: unknown): { readonly icon: Icon; readonly text: ReactNode } {
  const given = typeof change === 'object' && change !== null ? (change as Record<string, unknown>) : {}
  const text = (key: string): string | null => (typeof given[key] === 'string' ? (given[key] as string) : null)
  const ids = (key: string): string =>
    Array.isArray(given[key]) && given[key].length > 0 ? given[key].map(String).join(', ') : 'somebody else'
  switch (kind) {
    case 'attribute':
      return {
        icon: IconPencil,
        text:
          given.value === null ? (
            `Attribute ${text('key') ?? ''} was deleted`
          ) : (
            <>
              Attribute {text('key')} changed to <span className={classes.quiet}>{text('value')}</span>
            </>
          ),
      }
    case 'alias':
      return {
        icon: IconUserPlus,
        text: given.joined === true ? `Was joined with ${ids('ids')}` : `Logged in as ${ids('ids')}`,
      }
    case 'attribution':
      return {
        icon: IconAd2,
        text: `Told where they came from (${(text('kind') ?? 'attribution').replaceAll('_', ' ')})`,
      }
    case 'transfer':
      return { icon: IconArrowsExchange, text: `A purchase moved from ${ids('from')} to ${ids('to')}` }
    default:
      return { icon: IconPencil, text: kind.replaceAll('_', ' ') }
  }
}
