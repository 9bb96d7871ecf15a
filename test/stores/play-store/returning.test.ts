import { describe, expect, it } from 'vitest'
import { freeze } from '../../../src/domain/freeze.ts'
import type { Project } from '../../../src/domain/project.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import type { SimulatedSubscription } from '../../../src/stand-ins/play-store/subscription-acts.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import type { Fetched, Resolved, Store } from '../../../src/stores/store.ts'
import { fold } from '../../domain/scenarios/by-hand.ts'
import { context, permutations, question } from '../../domain/scenarios/play.ts'
import { type Hub, keptOf, play } from './played.ts'
import { monthly, yearly } from './scenarios.ts'
import { appOf, DAY, googleOf, playStore, running, START, simulated } from './setting.ts'

const google = simulated(() => START)

function projectOf(resubscribeAs: Project['resubscribeAs']): Project {
  return {
    id: 'acme',
    name: 'Acme',
    trackUnknownPurchases: true,
    identityHoldMs: 0,
    transferBehavior: 'transfer',
    resubscribeAs,
    entitlements: {},
  }
}

/** The charges as a project that says `renewal` names them, and as one that says nothing does; with their ids. */
function named(hub: Hub, resubscribeAs: Project['resubscribeAs']): readonly { name: string | null; id: string }[] {
  const owner = { id: 'cus_1', originalAppUserId: 'u1', aliases: ['u1'], lastSeenAppUserId: 'u1', attributeSet: '' }
  return hub.happenings
    .filter(({ what }) => what === 'purchase')
    .map((happening) => {
      const purchase = [...hub.purchases.values()].find(({ facts }) =>
        facts.some((fact) => fact.period === happening.period),
      )
      if (purchase === undefined) throw new Error('A happening of no purchase.')
      const event = freeze(happening, purchase, {
        project: projectOf(resubscribeAs),
        app: appOf(),
        customer: owner,
        seq: 1,
        now: happening.occurredAt,
        provisionalUntil: null,
        fallbackTerms: () => context.terms(question()),
      })
      return { name: event.name, id: event.id }
    })
}

const inOrder = (messages: readonly SimulatedNotification[]): readonly number[] => messages.map((_, index) => index)

/** One life that ended and the one that the same customer began in the Play Store. */
function lapsed(trial: boolean): readonly [SimulatedSubscription, readonly SimulatedNotification[]] {
  const s = google.subscribe({ ...monthly, ...(trial ? { trial: 'P1W' } : {}), owner: 'u1', at: START })
  return [s, [s.opening, s.cancel({ at: START + DAY }), s.expire()]]
}

describe('bought again in the Play Store after the end', () => {
  it.each([
    ['a paid one', false, ['initial_purchase', 'renewal']],
    ['a trial that never converted', true, ['trial_started', 'trial_converted']],
  ])(
    '%s: an initial purchase, or what resubscribe_as says, under the same ids and in every order',
    async (_, trial, names) => {
      const [s, before] = lapsed(trial)
      const messages = [...before, s.resubscribe(monthly).opening]
      let seen = 0
      for (const order of permutations(messages.length)) {
        const hub = await play(messages, order)
        const renewed = named(hub, 'renewal')
        expect(renewed.map(({ name }) => name).sort()).toEqual([...names].sort())
        const plain = named(hub, 'initial_purchase')
        expect(plain.map(({ name }) => name)).toContain('initial_purchase')
        expect(plain.map(({ id }) => id)).toEqual(renewed.map(({ id }) => id))
        expect(hub.purchases.size).toBe(2)
        seen += 1
      }
      expect(seen).toBe(24)
    },
  )

  it('with a trial again: Trial Started', async () => {
    const [s, before] = lapsed(false)
    const messages = [...before, s.resubscribe({ ...yearly, trial: 'P1W' }).opening]
    const hub = await play(messages, inOrder(messages))
    expect(named(hub, 'renewal').map(({ name }) => name)).toEqual(['initial_purchase', 'trial_started'])
  })

  it.each([
    ['paid', false, 'renewal'],
    ['a trial', true, 'trial_converted'],
  ])('when the hub never knew the one that expired, Google tells how it ended: %s', async (_, trial, name) => {
    const [s] = lapsed(trial)
    const again = s.resubscribe(monthly).opening
    const hub = await play([again], [0])
    expect(named(hub, 'renewal').map((one) => one.name)).toEqual([name])
  })

  it('when Google has forgotten the one that expired: a renewal all the same', async () => {
    const [s] = lapsed(true)
    s.forget()
    const hub = await play([s.resubscribe(monthly).opening], [0])
    expect(named(hub, 'renewal').map((one) => one.name)).toEqual(['renewal'])
  })

  it('is marked once, by whatever reading came before it was acknowledged, and keeps the mark', async () => {
    const [s, before] = lapsed(false)
    const again = s.resubscribe(monthly)
    again.acknowledge()
    const cancelled = again.cancel({ at: again.expiresAt - DAY })
    const messages = [...before, again.opening, cancelled]
    const hub = await play(messages, inOrder(messages), { pollAt: again.expiresAt + DAY })
    expect(named(hub, 'renewal').map((one) => one.name)).toEqual(['initial_purchase', 'renewal'])
    const marks = [...hub.purchases.values()].flatMap(({ facts }) =>
      facts.flatMap((fact) => (fact.kind === 'period' ? [fact.returnsAfter ?? null] : [])),
    )
    expect(marks).toEqual([null, 'paid'])
  })

  it('read for the first time after it was acknowledged: an initial purchase, since nothing shows the other', async () => {
    const [s, before] = lapsed(false)
    const again = s.resubscribe(monthly)
    again.acknowledge()
    const messages = [...before, again.cancel({ at: again.expiresAt - DAY })]
    const hub = await play(messages, inOrder(messages))
    expect(named(hub, 'renewal').map((one) => one.name)).toEqual(['initial_purchase', 'initial_purchase'])
  })

  it('is asked about once: the clock asks nothing about the one that expired', async () => {
    const [s] = lapsed(false)
    const again = s.resubscribe(monthly)
    const clock = running(START)
    const http = googleOf(() => again.opening.view, clock.now)
    const aboutIt = (): number => http.asked.filter((path) => path.endsWith(encodeURIComponent(s.token))).length
    const store = playStore(http, clock.now)
    const resolved = await resolve(store, again.opening)
    if (resolved.kind !== 'fetched') throw new Error('Not fetched.')
    const { purchase } = fold(resolved.value.observations.map(({ observation }) => observation))
    expect(aboutIt()).toBe(1)
    const polled = await store.poll?.({ purchase, at: again.expiresAt }, appOf())
    expect(polled?.kind).toBe('fetched')
    expect(aboutIt()).toBe(1)
  })

  it('is told only once Google has answered about the one that expired', async () => {
    const [s] = lapsed(false)
    const again = s.resubscribe(monthly)
    const clock = running(START)
    const http = googleOf(() => again.opening.view, clock.now)
    const down: HttpClient = {
      close: () => Promise.resolve(),
      send: async (request) => {
        const reply = await http.send(request)
        return request.url.endsWith(encodeURIComponent(s.token)) && reply.kind === 'answer'
          ? { ...reply, status: 503, body: '' }
          : reply
      },
    }
    expect((await resolve(playStore(down, clock.now), again.opening)).kind).toBe('retry')
  })
})

/** By a hub that knows nothing yet. */
async function resolve(store: Store, message: SimulatedNotification): Promise<Fetched<Resolved>> {
  if (store.resolve === undefined) throw new Error('The store resolves nothing.')
  return store.resolve(
    {
      subject: message.token,
      environment: 'production',
      messages: [keptOf(message)],
      at: message.at,
      linked: () => Promise.resolve(null),
    },
    appOf(),
  )
}
