import type { Destination } from '../../destinations/destination.ts'
import { ERASED } from '../../domain/erased.ts'
import type { FrozenEvent } from '../../domain/event.ts'
import type { Integration } from '../../domain/project.ts'
import type { ListedDelivery } from '../../storage/reads.ts'
import type { ChannelRow, CustomerRow } from '../../storage/rows.ts'
import { carries, holdOf, type Wanted, wants } from '../fan-out.ts'
import { HELD } from '../schedule.ts'
import type { ChangedBy, Verdict } from './question.ts'
import { day, ended, eventTitle, moment } from './words.ts'

/** One event, one integration: everything that decides what became of it, as of now. */
export interface WhyFacts {
  readonly integration: Integration
  readonly destination: Destination
  readonly event: FrozenEvent
  readonly customer: CustomerRow
  /** null: no delivery was made, or it is kept no longer. */
  readonly listed: ListedDelivery | null
  readonly channel: ChannelRow | null
  /** Who last changed the event's name at this integration; null: it is not told. */
  readonly renamed: ChangedBy | null
  readonly now: number
}

export interface Why {
  readonly verdict: Verdict
  /** Ends with what to do, where something can be done. */
  readonly sentence: string
}

/** What became of an event at an integration, in one sentence. Pure: it asks the rules that the fan-out asks. */
export function whyOf(facts: WhyFacts): Why {
  const { listed } = facts
  if (listed === null) return { verdict: 'not_sent', sentence: neverMade(facts) }
  switch (listed.delivery.status) {
    case 'delivered':
      return { verdict: 'delivered', sentence: arrived(facts, listed) }
    case 'failed':
      return { verdict: 'failed', sentence: failure(facts, listed) }
    case 'skipped':
      return { verdict: 'skipped', sentence: skipped(facts, listed.delivery.reason) }
    case 'waiting':
      return { verdict: 'waiting', sentence: waiting(facts, listed) }
  }
}

/** Skipped deliveries are kept this long (storage tidies them). */
const SKIPPED_KEPT_MS = 30 * 86_400_000

function neverMade(facts: WhyFacts): string {
  const { integration, destination, event, now } = facts
  const { title } = destination
  const what = eventTitle(event.name ?? event.type)
  const wanted = wants(integration, destination, event)
  if (event.name === null) return `Not sent: ${what} is kept and shown here, and goes to no destination.`
  if (wanted.kind === 'none') {
    switch (wanted.why) {
      case 'off':
        return `Not sent: ${title} is switched off; switch it on, and what happens from then on is sent.`
      case 'before_live':
        return `Not sent: it happened on ${moment(event.occurredAt)}, and ${title} sends what happens from ${moment(integration.liveFrom)} on (live_from).`
      case 'unnamed':
        return `Not sent: ${what} is kept and shown here, and goes to no destination.`
    }
  }
  if (wanted.kind === 'skip') {
    const kept =
      now - event.recordedAt > SKIPPED_KEPT_MS ? 'what was skipped is kept for 30 days' : 'no delivery was made'
    return `${skipped(facts, wanted.reason)} (It happened on ${day(event.occurredAt)}; ${kept}.)`
  }
  return `Not sent: ${title} was off, or did not want ${what}, when the hub learned of it on ${moment(event.recordedAt)}; what happens from now on is sent.`
}

function arrived({ destination }: WhyFacts, { delivery }: ListedDelivery): string {
  const at = delivery.settledAt === null ? '' : ` on ${moment(delivery.settledAt)}`
  const doubled = delivery.mayBeDoubled ? ' It may have arrived twice, since the answer to one request was lost.' : ''
  return destination.answers === 'request'
    ? `Accepted by ${destination.title}${at}; it tells no more than that, so look in its debugger for what became of it.${doubled}`
    : `Delivered to ${destination.title}${at}.${doubled}`
}

function failure({ destination }: WhyFacts, { delivery }: ListedDelivery): string {
  const { reason, advice } = delivery
  if (reason === 'outcome_unknown')
    return `Failed: nobody knows whether it reached ${destination.title}. ${ended(advice ?? 'Look for it there, then say "it arrived" or retry it')}`
  return `Failed: ${ended(reason ?? 'no reason was kept')} ${ended(advice ?? 'Retry it once the cause is gone')}`
}

/** Why it was skipped, and whether the reason still stands. */
function skipped(facts: WhyFacts, reason: string | null): string {
  const { integration, destination, event, renamed } = facts
  const { title } = destination
  const what = eventTitle(event.name ?? event.type)
  const now: Wanted = carries(integration, destination, event)
  const gone = now.kind === 'wanted' ? ' now: retry the delivery to send it.' : null
  switch (reason) {
    case 'name_blank': {
      if (gone !== null) return `Not sent: ${what} was blank in ${title} when it happened; it has a name${gone}`
      const since = renamed === null ? '' : ` since ${day(renamed.at)}, changed by ${renamed.by}`
      return `Not sent: ${what} is blank in ${title}${since}. Give it a name there, then retry the delivery.`
    }
    case 'sandbox_off':
      if (gone !== null) return `Not sent: ${title} took no sandbox events when it happened; it does${gone}`
      return `Not sent: it is a sandbox event, and ${title} has sandbox off. Switch sandbox on or give it credentials for it, then retry the delivery.`
    case 'not_in_table':
      if (gone !== null)
        return `Not sent: ${title} was not sent ${what} of ${storeTitle(event)} when it happened; it is${gone}`
      return `Not sent: ${title} is not sent ${what} of ${storeTitle(event)}. Switch on all_events to send it all the same, then retry the delivery.`
    case 'anonymous':
      return `Not sent: the customer had no id of yours, and ${title} is set to skip such customers (anonymous). Retry the delivery once the customer has logged in, or change that setting.`
    case ERASED:
      return 'Not sent: the customer was erased, and nothing about them is sent any more.'
    default:
      return `Not sent: ${ended(reason ?? 'it was skipped, and no reason was kept')} Retry the delivery once the cause is gone.`
  }
}

function storeTitle({ store }: FrozenEvent): string {
  const titles: Readonly<Record<FrozenEvent['store'], string>> = {
    app_store: 'the App Store',
    play_store: 'Google Play',
    amazon: 'the Amazon Appstore',
    stripe: 'Stripe',
    promotional: 'a promotional grant',
  }
  return titles[store]
}

/** What it waits for: the first that stands in its way. */
function waiting(facts: WhyFacts, listed: ListedDelivery): string {
  const { integration, destination, event, channel, now } = facts
  const { title } = destination
  if (listed.sending) return `It is being sent to ${title} at this moment.`
  if (!integration.enabled) return `Waiting: ${title} is switched off; switch it on to send it.`
  if (!destination.hasChannel(integration.settings, event.environment, integration.sandbox))
    return `Waiting: ${title} sends nothing from the ${event.environment} environment any more; switch that on to send it.`
  const held = channel === null ? null : channelHolds(title, channel)
  if (held !== null) return held
  if (listed.dueAt === null)
    return `Waiting: an earlier event of this customer has to reach ${title} first; look at that one in the list of waiting deliveries.`
  return listed.dueAt > now ? untilDue(facts, listed, listed.dueAt) : `It is due and goes to ${title} in a moment.`
}

function channelHolds(title: string, channel: ChannelRow): string | null {
  const said = ended(channel.reason ?? '')
  const todo = channel.advice === null ? '' : ` ${ended(channel.advice)}`
  switch (channel.state) {
    case 'open':
      return null
    case 'backing_off':
      return `Waiting: requests to ${title} fail (${channel.reason ?? 'no reason was kept'}); the next try is at ${moment(channel.nextAt)}, and nothing has to be done.`
    case 'paused':
      switch (channel.pausedBy) {
        case 'credentials':
          return `Waiting: ${title} is paused because it refused the credentials. ${said}${todo}`
        case 'refusals':
          return `Waiting: ${title} is paused because it refused several events in a row. ${said}${todo}`
        case 'person':
        case null:
          return `Waiting: ${title} is paused. ${said} Resume it to send what waits.`
      }
  }
}

function untilDue(
  { integration, destination, customer, now }: WhyFacts,
  listed: ListedDelivery,
  dueAt: number,
): string {
  const { title } = destination
  const { delivery, event } = listed
  if (delivery.reason !== null)
    return `Waiting: ${title} could not take it (${delivery.reason}); it is tried again at ${moment(dueAt)}, and nothing has to be done.`
  const until = event?.provisionalUntil ?? null
  if (until !== null && until > now)
    return `Waiting until ${moment(dueAt)} for the owner of the purchase to be known (identity_hold_seconds), so that it does not go out under an anonymous id.`
  if (dueAt >= HELD)
    return `Waiting until the customer has an id of yours, as ${title} is set to (anonymous: hold_until_known); it goes when they log in.`
  if (holdOf(integration, destination, customer, now) > 0)
    return `Waiting until ${moment(dueAt)} for an attribute of the customer, as ${title} is set to (wait_for_attribute); it goes at once when that is there.`
  return `Waiting: it goes to ${title} at ${moment(dueAt)}.`
}
