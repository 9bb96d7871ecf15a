import { describe, expect, it } from 'vitest'
import { opened, pausedByPerson, refused } from '../../src/delivery/channel.ts'
import { HELD } from '../../src/delivery/schedule.ts'
import { type WhyAsked, type WhyDeps, why, whyEvent } from '../../src/delivery/why/question.ts'
import { type WhyFacts, whyOf } from '../../src/delivery/why/verdict.ts'
import { clevertap } from '../../src/destinations/clevertap/index.ts'
import { segment } from '../../src/destinations/segment/index.ts'
import type { FrozenEvent } from '../../src/domain/event.ts'
import type { Integration } from '../../src/domain/project.ts'
import type { ListedDelivery } from '../../src/storage/reads.ts'
import type { ChannelRow } from '../../src/storage/rows.ts'
import { sampleEvent } from '../fixtures/event.ts'
import { deliveryOf } from '../http/in-memory-doors.ts'
import { customer } from '../storage/samples.ts'

const NOW = Date.UTC(2026, 10, 5, 12)
const HAPPENED = Date.UTC(2026, 10, 3, 10, 2)
const MINUTE = 60_000

const INTEGRATION: Integration = {
  projectId: 'acme',
  id: 'clevertap',
  destination: 'clevertap',
  enabled: true,
  mode: 'live',
  liveFrom: Date.UTC(2026, 9, 1),
  sandbox: false,
  allEvents: false,
  settings: { account_id: 'A', passcode: 'P', region: 'eu1' },
  eventNames: {},
  createdAt: 0,
}

const CHANNEL: ChannelRow = opened(
  {
    projectId: 'acme',
    channelId: 'clevertap:production',
    integrationId: 'clevertap',
    environment: 'production',
    version: 1,
    state: 'open',
    pausedBy: null,
    reason: null,
    advice: null,
    failures: 0,
    culprits: 0,
    nextAt: 0,
    width: 1,
    avoidCustomer: null,
    clockReading: 0,
    clockAt: 0,
    clockRuns: true,
  },
  NOW,
)

const CANCELLED: FrozenEvent = sampleEvent({
  type: 'CANCELLATION',
  name: 'trial_cancelled',
  store: 'app_store',
  environment: 'production',
  occurredAt: HAPPENED,
  recordedAt: HAPPENED,
})

function facts(changes: Partial<WhyFacts> = {}): WhyFacts {
  return {
    integration: INTEGRATION,
    destination: clevertap,
    event: CANCELLED,
    customer: customer('ana'),
    listed: null,
    channel: CHANNEL,
    renamed: null,
    now: NOW,
    ...changes,
  }
}

function listed(delivery: Partial<ListedDelivery['delivery']>, more: Partial<ListedDelivery> = {}): ListedDelivery {
  return deliveryOf('acme', { advice: null, mayBeDoubled: false, ...delivery }, more)
}

const waits = (more: Partial<ListedDelivery> = {}, delivery: Partial<ListedDelivery['delivery']> = {}) =>
  listed({ status: 'waiting', reason: null, settledAt: null, ...delivery }, { dueAt: NOW - 1, ...more })

const skips = (reason: string) => listed({ status: 'skipped', reason, settledAt: null })
const BLANK: Integration = { ...INTEGRATION, eventNames: { trial_cancelled: '' } }
const ARRIVED = listed({ status: 'delivered', reason: null, settledAt: HAPPENED + MINUTE })

const CASES: readonly (readonly [name: string, facts: Partial<WhyFacts>, verdict: string, sentence: string])[] = [
  ['delivered', { listed: ARRIVED }, 'delivered', 'Delivered to CleverTap on 3 Nov 2026, 10:03 UTC.'],
  [
    'accepted',
    { destination: segment, listed: ARRIVED },
    'delivered',
    'Accepted by Segment on 3 Nov 2026, 10:03 UTC; it tells no more than that, so look in its debugger for what became of it.',
  ],
  [
    'delivered, perhaps twice',
    { listed: listed({ status: 'delivered', reason: null, settledAt: HAPPENED, mayBeDoubled: true }) },
    'delivered',
    'Delivered to CleverTap on 3 Nov 2026, 10:02 UTC. It may have arrived twice, since the answer to one request was lost.',
  ],
  [
    'failed',
    { listed: listed({ status: 'failed', reason: '512: The event is not right', advice: 'Mend it, then retry.' }) },
    'failed',
    'Failed: 512: The event is not right. Mend it, then retry.',
  ],
  [
    'outcome unknown',
    { listed: listed({ status: 'failed', reason: 'outcome_unknown', advice: 'Look for it there.' }) },
    'failed',
    'Failed: nobody knows whether it reached CleverTap. Look for it there.',
  ],
  [
    'blank, and by whom',
    { integration: BLANK, listed: skips('name_blank'), renamed: { at: HAPPENED, by: 'ana@example.com' } },
    'skipped',
    'Not sent: Trial Cancelled is blank in CleverTap since 3 Nov 2026, changed by ana@example.com. Give it a name there, then retry the delivery.',
  ],
  [
    'blank, nobody knows since when',
    { integration: BLANK, listed: skips('name_blank') },
    'skipped',
    'Not sent: Trial Cancelled is blank in CleverTap. Give it a name there, then retry the delivery.',
  ],
  [
    'blank then, named now',
    { listed: skips('name_blank') },
    'skipped',
    'Not sent: Trial Cancelled was blank in CleverTap when it happened; it has a name now: retry the delivery to send it.',
  ],
  [
    'sandbox off',
    { event: { ...CANCELLED, environment: 'sandbox' }, listed: skips('sandbox_off') },
    'skipped',
    'Not sent: it is a sandbox event, and CleverTap has sandbox off. Switch sandbox on or give it credentials for it, then retry the delivery.',
  ],
  [
    'sandbox off then, on now',
    { listed: skips('sandbox_off') },
    'skipped',
    'Not sent: CleverTap took no sandbox events when it happened; it does now: retry the delivery to send it.',
  ],
  [
    'not in the table',
    {
      event: { ...CANCELLED, type: 'SUBSCRIPTION_PAUSED', name: 'subscription_paused', store: 'play_store' },
      listed: skips('not_in_table'),
    },
    'skipped',
    'Not sent: CleverTap is not sent Subscription Paused of Google Play. Switch on all_events to send it all the same, then retry the delivery.',
  ],
  [
    'anonymous',
    { listed: skips('anonymous') },
    'skipped',
    'Not sent: the customer had no id of yours, and CleverTap is set to skip such customers (anonymous). Retry the delivery once the customer has logged in, or change that setting.',
  ],
  [
    'erased',
    { listed: skips('erased') },
    'skipped',
    'Not sent: the customer was erased, and nothing about them is sent any more.',
  ],
  [
    'skipped for something else',
    { listed: skips('shadow') },
    'skipped',
    'Not sent: shadow. Retry the delivery once the cause is gone.',
  ],
  [
    'no delivery: off',
    { integration: { ...INTEGRATION, enabled: false } },
    'not_sent',
    'Not sent: CleverTap is switched off; switch it on, and what happens from then on is sent.',
  ],
  [
    'no delivery: before live_from',
    { integration: { ...INTEGRATION, liveFrom: HAPPENED + MINUTE } },
    'not_sent',
    'Not sent: it happened on 3 Nov 2026, 10:02 UTC, and CleverTap sends what happens from 3 Nov 2026, 10:03 UTC on (live_from).',
  ],
  [
    'no delivery: outside the twelve',
    { event: { ...CANCELLED, type: 'TRANSFER', name: null } },
    'not_sent',
    'Not sent: Transfer is kept and shown here, and goes to no destination.',
  ],
  [
    'no delivery: the skipped one is kept no longer',
    { integration: BLANK, now: HAPPENED + 40 * 86_400_000 },
    'not_sent',
    'Not sent: Trial Cancelled is blank in CleverTap. Give it a name there, then retry the delivery. (It happened on 3 Nov 2026; what was skipped is kept for 30 days.)',
  ],
  [
    'no delivery: was off then',
    {},
    'not_sent',
    'Not sent: CleverTap was off, or did not want Trial Cancelled, when the hub learned of it on 3 Nov 2026, 10:02 UTC; what happens from now on is sent.',
  ],
  ['in flight', { listed: waits({ sending: true }) }, 'waiting', 'It is being sent to CleverTap at this moment.'],
  ['due', { listed: waits() }, 'waiting', 'It is due and goes to CleverTap in a moment.'],
  [
    'waiting: switched off',
    { integration: { ...INTEGRATION, enabled: false }, listed: waits() },
    'waiting',
    'Waiting: CleverTap is switched off; switch it on to send it.',
  ],
  [
    'waiting: sandbox was switched off',
    { event: { ...CANCELLED, environment: 'sandbox' }, listed: waits() },
    'waiting',
    'Waiting: CleverTap sends nothing from the sandbox environment any more; switch that on to send it.',
  ],
  [
    'waiting: paused by a person',
    { listed: waits(), channel: pausedByPerson(CHANNEL, 'ana@example.com', NOW) },
    'waiting',
    'Waiting: CleverTap is paused. Paused by ana@example.com. Resume it to send what waits.',
  ],
  [
    'waiting: refused credentials',
    { listed: waits(), channel: refused(CHANNEL, 'It answered 401', 'Check the passcode', NOW) },
    'waiting',
    'Waiting: CleverTap is paused because it refused the credentials. It answered 401. Check the passcode.',
  ],
  [
    'waiting: refusals',
    {
      listed: waits(),
      channel: { ...refused(CHANNEL, 'It answered 400', 'Look at the answer.', NOW), pausedBy: 'refusals' },
    },
    'waiting',
    'Waiting: CleverTap is paused because it refused several events in a row. It answered 400. Look at the answer.',
  ],
  [
    'waiting: backing off',
    {
      listed: waits(),
      channel: { ...CHANNEL, state: 'backing_off', reason: 'It answered 503', nextAt: NOW + MINUTE },
    },
    'waiting',
    'Waiting: requests to CleverTap fail (It answered 503); the next try is at 5 Nov 2026, 12:01 UTC, and nothing has to be done.',
  ],
  [
    'waiting: behind another',
    { listed: waits({ dueAt: null }) },
    'waiting',
    'Waiting: an earlier event of this customer has to reach CleverTap first; look at that one in the list of waiting deliveries.',
  ],
  [
    'waiting: the record was not taken for now',
    { listed: waits({ dueAt: NOW + MINUTE }, { reason: '555: Not now' }) },
    'waiting',
    'Waiting: CleverTap could not take it (555: Not now); it is tried again at 5 Nov 2026, 12:01 UTC, and nothing has to be done.',
  ],
  [
    'waiting: for the owner',
    {
      listed: (() => {
        const one = waits({ dueAt: NOW + MINUTE })
        return { ...one, event: one.event && { ...one.event, provisionalUntil: NOW + MINUTE } }
      })(),
    },
    'waiting',
    'Waiting until 5 Nov 2026, 12:01 UTC for the owner of the purchase to be known (identity_hold_seconds), so that it does not go out under an anonymous id.',
  ],
  [
    'waiting: until known',
    { listed: waits({ dueAt: HELD }) },
    'waiting',
    'Waiting until the customer has an id of yours, as CleverTap is set to (anonymous: hold_until_known); it goes when they log in.',
  ],
  [
    'waiting: for an attribute',
    {
      integration: { ...INTEGRATION, settings: { ...INTEGRATION.settings, wait_for_attribute: { $clevertapId: 600 } } },
      customer: customer('ana', { firstSeenAt: NOW - MINUTE }),
      listed: waits({ dueAt: NOW + 9 * MINUTE }),
    },
    'waiting',
    'Waiting until 5 Nov 2026, 12:09 UTC for an attribute of the customer, as CleverTap is set to (wait_for_attribute); it goes at once when that is there.',
  ],
  [
    'waiting: later',
    { listed: waits({ dueAt: NOW + MINUTE }) },
    'waiting',
    'Waiting: it goes to CleverTap at 5 Nov 2026, 12:01 UTC.',
  ],
]

describe('why', () => {
  it.each(CASES)('%s', (_name, changes, verdict, sentence) => {
    expect(whyOf(facts(changes))).toEqual({ verdict, sentence })
  })

  const asked: WhyAsked = {
    projectId: 'acme',
    customer: 'ana',
    types: ['trial_cancelled'],
    integrations: [INTEGRATION, { ...INTEGRATION, id: 'other' }],
  }
  const events = (...list: FrozenEvent[]): WhyDeps['reads'] => ({
    getCustomer: async () => customer('ana'),
    getEvent: async (_, id) => {
      const event = list.find((one) => one.id === id)
      return event === undefined ? null : { event: { ...event, attributes: {} }, position: 1, notificationId: null }
    },
    listEvents: async ({ types }) => ({
      items: list
        .filter(({ name }) => types.length === 0 || types.includes(name ?? ''))
        .map((event) => ({ event: { ...event, attributes: {} }, position: 1, notificationId: null })),
      next: null,
    }),
    deliveriesOfEvent: async () => [ARRIVED],
  })
  const deps = (reads: WhyDeps['reads']): WhyDeps => ({
    reads,
    now: () => NOW,
    destination: () => clevertap,
    channel: () => CHANNEL,
    changedBy: async () => null,
  })

  it('says of each integration that nobody has the id', async () => {
    const answers = await why(asked, deps({ ...events(), getCustomer: async () => null }))
    expect(answers.map(({ verdict }) => verdict)).toEqual(['no_customer', 'no_customer'])
    expect(answers[0]?.sentence).toContain('Nobody in this project has the id "ana"')
  })

  it('names the newest event where the one that is asked for did not happen', async () => {
    const renewal = sampleEvent({ name: 'renewal', type: 'RENEWAL', occurredAt: HAPPENED })
    const [answer] = await why(asked, deps(events(renewal)))
    expect(answer).toMatchObject({ verdict: 'no_event', at: HAPPENED, eventId: null })
    expect(answer?.sentence).toBe(
      'There is no Trial Cancelled of ana; the newest event is Renewal of 3 Nov 2026, 10:02 UTC.',
    )
    const [none] = await why(asked, deps(events()))
    expect(none?.sentence).toContain('ana has no events yet')
  })

  it('speaks of one event where its id is given, even where a newer one of its kind arrived', async () => {
    const older: FrozenEvent = { ...CANCELLED, id: 'evt_older', occurredAt: HAPPENED - 60 * 86_400_000 }
    const own = { ...ARRIVED, delivery: { ...ARRIVED.delivery, integrationId: 'clevertap' } }
    const reads: WhyDeps['reads'] = {
      ...events(CANCELLED, older),
      deliveriesOfEvent: async (_, id) => (id === older.id ? [] : [own]),
    }
    const about = { projectId: 'acme', integrations: [INTEGRATION] }
    const [answer] = (await whyEvent({ ...about, eventId: older.id }, deps(reads))) ?? []
    expect(answer).toMatchObject({ verdict: 'not_sent', eventId: older.id, deliveryId: null, at: older.occurredAt })
    expect(answer?.sentence).toContain('sends what happens from')
    expect(await whyEvent({ ...about, eventId: CANCELLED.id }, deps(reads))).toMatchObject([{ verdict: 'delivered' }])
    expect(await whyEvent({ ...about, eventId: 'evt_none' }, deps(reads))).toBeNull()
    const gone = await whyEvent({ ...about, eventId: older.id }, deps({ ...reads, getCustomer: async () => null }))
    expect(gone).toMatchObject([{ verdict: 'no_customer' }])
  })

  it('gives the event and the delivery that it speaks of', async () => {
    const own = { ...ARRIVED, delivery: { ...ARRIVED.delivery, integrationId: 'clevertap' } }
    const reads = { ...events(CANCELLED), deliveriesOfEvent: async () => [own] }
    const answers = await why(asked, deps(reads))
    expect(answers).toMatchObject([
      { integrationId: 'clevertap', verdict: 'delivered', deliveryId: own.delivery.id, at: HAPPENED + MINUTE },
      { integrationId: 'other', verdict: 'not_sent', deliveryId: null, at: HAPPENED },
    ])
  })
})
