import type { Destination } from '../../destinations/destination.ts'
import type { FrozenEvent } from '../../domain/event.ts'
import type { Integration } from '../../domain/project.ts'
import type { ListedEvent, ReadStorage } from '../../storage/reads.ts'
import type { ChannelRow, CustomerRow } from '../../storage/rows.ts'
import { channelIdOf } from '../channel.ts'
import { whyOf } from './verdict.ts'
import { eventTitle, moment } from './words.ts'

/** "Why did X not get Y?": what is asked, what is looked up for it, and one answer for each integration. */

export const VERDICTS = ['delivered', 'waiting', 'failed', 'skipped', 'not_sent', 'no_event', 'no_customer'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface WhyAsked {
  readonly projectId: string
  /** Any app user id. */
  readonly customer: string
  /** Names or canonical types; none: the newest event of all. */
  readonly types: readonly string[]
  readonly integrations: readonly Integration[]
}

/** The same of one event: whose it is and what it is are its own. */
export type WhyEventAsked = Pick<WhyAsked, 'projectId' | 'integrations'> & { readonly eventId: string }

export interface WhyAnswer {
  readonly integrationId: string
  readonly destination: string
  readonly verdict: Verdict
  readonly sentence: string
  readonly eventId: string | null
  readonly deliveryId: string | null
  /** When it was delivered or failed, else when the event happened. */
  readonly at: number | null
}

/** Who last changed a setting, and when. */
export interface ChangedBy {
  readonly at: number
  readonly by: string
}

export interface WhyDeps {
  readonly reads: Pick<ReadStorage, 'getCustomer' | 'getEvent' | 'listEvents' | 'deliveriesOfEvent'>
  readonly now: () => number
  destination(id: string): Destination | null
  channel(projectId: string, channelId: string): ChannelRow | null
  /** By the audit log: the last change of this path of an integration; null where it tells none. */
  changedBy(projectId: string, integrationId: string, path: string): Promise<ChangedBy | null>
}

/** Pages of a customer's events that are looked through for one of a type: each looks at some thousands. */
const MOST_PAGES = 4

export async function why(asked: WhyAsked, deps: WhyDeps): Promise<readonly WhyAnswer[]> {
  const customer = await deps.reads.getCustomer(asked.projectId, asked.customer)
  if (customer === null) {
    const sentence = `Nobody in this project has the id "${asked.customer}"; check the id, and whether the app or a purchase has told the hub of it yet.`
    return forAll(asked, 'no_customer', sentence, null)
  }
  const newest = await newestEvent(asked, asked.types, deps)
  if (newest === null) return forAll(asked, 'no_event', ...(await noEvent(asked, deps)))
  return forEach(asked, customer, newest.event, deps)
}

/** null: the project has no such event. */
export async function whyEvent(asked: WhyEventAsked, deps: WhyDeps): Promise<readonly WhyAnswer[] | null> {
  const listed = await deps.reads.getEvent(asked.projectId, asked.eventId)
  if (listed === null) return null
  const { event } = listed
  const customer = await deps.reads.getCustomer(asked.projectId, event.appUserId)
  if (customer !== null) return forEach(asked, customer, event, deps)
  const sentence = `Nobody in this project has the id "${event.appUserId}" any more, which the event names; nothing can be sent for it.`
  return forAll(asked, 'no_customer', sentence, event.occurredAt)
}

function forAll(
  asked: Pick<WhyAsked, 'integrations'>,
  verdict: Verdict,
  sentence: string,
  at: number | null,
): readonly WhyAnswer[] {
  return asked.integrations.map(({ id, destination }) => ({
    integrationId: id,
    destination,
    verdict,
    sentence,
    eventId: null,
    deliveryId: null,
    at,
  }))
}

async function noEvent(asked: WhyAsked, deps: WhyDeps): Promise<[sentence: string, at: number | null]> {
  const last = asked.types.length === 0 ? null : await newestEvent(asked, [], deps)
  if (last === null)
    return [
      `${asked.customer} has no events yet; they come with the first purchase that a store tells of or the app posts.`,
      null,
    ]
  const wanted = asked.types.map(eventTitle).join(' or ')
  const { event } = last
  return [
    `There is no ${wanted} of ${asked.customer}; the newest event is ${eventTitle(event.name ?? event.type)} of ${moment(event.occurredAt)}.`,
    event.occurredAt,
  ]
}

/** The newest of these types; a page may be empty before the end. */
async function newestEvent(
  { projectId, customer }: WhyAsked,
  types: readonly string[],
  { reads }: WhyDeps,
): Promise<ListedEvent | null> {
  let before: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found: Awaited<ReturnType<typeof reads.listEvents>> = await reads.listEvents({
      projectId,
      after: null,
      before,
      types,
      customer,
      environment: null,
      limit: 1,
    })
    const [first] = found.items
    if (first !== undefined) return first
    if (found.next === null) return null
    before = found.next
  }
  return null
}

async function forEach(
  { projectId, integrations }: Pick<WhyAsked, 'projectId' | 'integrations'>,
  customer: CustomerRow,
  event: FrozenEvent,
  deps: WhyDeps,
): Promise<readonly WhyAnswer[]> {
  const deliveries = await deps.reads.deliveriesOfEvent(projectId, event.id)
  const answers = integrations.map(async (integration): Promise<WhyAnswer[]> => {
    const destination = deps.destination(integration.destination)
    if (destination === null) return []
    const listed = deliveries.find(({ delivery }) => delivery.integrationId === integration.id) ?? null
    const blank = event.name !== null && integration.eventNames[event.name] === ''
    const { verdict, sentence } = whyOf({
      integration,
      destination,
      event,
      customer,
      listed,
      channel: deps.channel(projectId, channelIdOf(integration.id, event.environment)),
      renamed: blank ? await deps.changedBy(projectId, integration.id, `event_names.${event.name}`) : null,
      now: deps.now(),
    })
    const at = listed?.delivery.settledAt ?? event.occurredAt
    const deliveryId = listed?.delivery.id ?? null
    return [
      {
        integrationId: integration.id,
        destination: destination.id,
        verdict,
        sentence,
        eventId: event.id,
        deliveryId,
        at,
      },
    ]
  })
  return (await Promise.all(answers)).flat()
}
