import { describe, expect, it } from 'vitest'
import { observe } from '../../src/domain/observe.ts'
import type { App, Project } from '../../src/domain/project.ts'
import { clockRound } from '../../src/ingest/clock.ts'
import { createHistories } from '../../src/ingest/histories.ts'
import { createResolutions } from '../../src/ingest/resolutions.ts'
import { reprocess, type UnderstandDeps, understandBatch } from '../../src/ingest/understand.ts'
import { createUnverified } from '../../src/ingest/unverified.ts'
import type { SimulatedEvent } from '../../src/stand-ins/revenuecat/event.ts'
import { createSimulatedSender } from '../../src/stand-ins/revenuecat/sender.ts'
import type { NotificationRow } from '../../src/storage/rows.ts'
import { storeDeclarations } from '../../src/stores/registry.ts'
import { createRevenuecat } from '../../src/stores/revenuecat/index.ts'
import type { Store } from '../../src/stores/store.ts'
import { appOf, type Given, given, NOW } from './given.ts'

const DAY = 86_400_000
const project: Project = {
  id: 'acme',
  name: 'Acme',
  trackUnknownPurchases: true,
  identityHoldMs: 0,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: {},
}
const rc: App = { ...appOf('rc'), store: 'revenuecat', settings: { authorization: 'x', authority: 'store' } }

function depsOf(apps: readonly App[]): UnderstandDeps & Given {
  return Object.assign(given(), {
    stores: new Map([['revenuecat', createRevenuecat({ now: () => NOW })]] as const),
    directory: () => ({
      project: () => project,
      app: (_: string, id: string) => apps.find((app) => app.id === id) ?? null,
      appsOf: () => apps,
    }),
  })
}

function rowOf({ id, event, body, at }: SimulatedEvent): NotificationRow {
  return {
    id,
    projectId: 'acme',
    appId: 'rc',
    store: 'revenuecat',
    environment: 'production',
    sourceKey: id,
    type: String(event.type),
    via: 'push',
    sentAt: at,
    receivedAt: NOW,
    body,
    status: 'waiting',
    dueAt: NOW,
    tries: 0,
    note: null,
    events: 0,
  }
}

/** A subscription whose charge fails a day ago: three events of one instant, and its beginning. */
function life(): readonly SimulatedEvent[] {
  const sender = createSimulatedSender({ commissionPercentage: 0.15, taxPercentage: 0.1109 })
  const s = sender.subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: NOW - 32 * DAY })
  s.failToRenew({ at: NOW - DAY })
  return sender.events
}

const understand = async (events: readonly SimulatedEvent[], apps: readonly App[]): Promise<Given> => {
  const deps = depsOf(apps)
  await understandBatch(events.map(rowOf), deps, {
    histories: createHistories(deps),
    resolutions: createResolutions(deps),
  })
  return deps
}

describe('a feed alone', () => {
  it('is understood in the order in which its events were made, in whatever order they were kept', async () => {
    const events = life()
    for (const kept of [events, events.toReversed()]) {
      const { saved } = await understand(kept, [rc])
      expect(saved.flatMap((save) => save.events ?? []).map(({ event }) => event.type)).toEqual([
        'INITIAL_PURCHASE',
        'BILLING_ISSUE',
        'CANCELLATION',
        'EXPIRATION',
      ])
    }
  })

  it('leaves the id of its event on what that announces of its own type, and on nothing else', async () => {
    const events = life()
    const { saved } = await understand(events, [rc])
    const told = saved.flatMap((save) => save.events ?? []).map(({ event }) => [event.type, event.externalId])
    const idOf = (type: string): string | undefined => events.find((one) => one.type === type)?.id
    expect(told).toEqual([
      ['INITIAL_PURCHASE', idOf('INITIAL_PURCHASE')],
      ['BILLING_ISSUE', idOf('BILLING_ISSUE')],
      // Told by the billing issue, before its own event was read.
      ['CANCELLATION', null],
      ['EXPIRATION', idOf('EXPIRATION')],
    ])
  })

  it('gives the commission and tax that it names', async () => {
    const { saved } = await understand(life(), [rc])
    const [charge] = saved.flatMap((save) => save.ledger ?? [])
    expect(charge).toMatchObject({ reason: 'charge', micros: 9_990_000, commissionPpm: 150_000, taxPpm: 110_900 })
    expect(saved.flatMap((save) => save.events ?? [])[0]?.event.money).toMatchObject({ estimated: false })
  })

  it('makes its customer by the id that it names', async () => {
    const { saved } = await understand(life(), [rc])
    expect(saved.flatMap((save) => save.customers ?? []).map(({ aliases }) => aliases)).toEqual([['anna']])
  })
})

describe('a feed beside its store', () => {
  it('is understood, compared, and announces nothing', async () => {
    const events = life()
    const { saved, changes } = await understand(events, [rc, appOf('ios')])
    expect(saved).toEqual([])
    expect(changes.map(({ id, status, events: count }) => [id, status, count])).toEqual(
      events.map(({ id }) => [id, 'understood', 0]),
    )
    for (const { note } of changes) expect(note).toMatch(/^Compared only: .* ios /)
    expect(changes).toHaveLength(4)
  })

  it('announces where it is told to', async () => {
    const announcing = { ...rc, settings: { ...rc.settings, authority: 'revenuecat' } }
    const { saved } = await understand(life(), [announcing, appOf('ios')])
    expect(saved.flatMap((save) => save.events ?? [])).toHaveLength(4)
  })

  it('says so when it is run again, too', async () => {
    const [first] = life()
    if (first === undefined) throw new Error('Nothing was told.')
    const again = await reprocess(rowOf(first), true, depsOf([rc, appOf('ios')]))
    expect(again).toEqual({ events: [], note: expect.stringMatching(/^Compared only/) })
  })
})

describe('a purchase whose access should have ended', () => {
  const ios = { ...appOf('ios'), settings: { ...appOf('ios').settings } }

  /** The clock looks at one purchase that `teller` told of; gives the apps whose store was asked. */
  const askedBy = async (teller: App, apps: readonly App[]): Promise<readonly string[]> => {
    const [opening] = life()
    if (opening === undefined) throw new Error('Nothing was told.')
    const deps = depsOf(apps)
    const told = createRevenuecat({ now: () => NOW }).decode({ ...rowOf(opening), type: '' }, rc)
    if (told.kind !== 'observed') throw new Error('Nothing was observed.')
    const { key } = told.observation
    const { purchase } = observe(null, told.observation, { eventsFrom: 0, terms: deps.terms(rc) })
    const asked: string[] = []
    const [declaration] = storeDeclarations
    if (declaration === undefined) throw new Error('There is no store.')
    const store: Store = {
      ...createRevenuecat({ now: () => NOW }),
      ...declaration,
      canPoll: (app) => app.store === 'app_store',
      poll: async (_, app) => {
        asked.push(app.id)
        return { kind: 'retry', reason: 'The store is down.', afterMs: null }
      },
    }
    const row = { key, appId: teller.id, customerId: 'c', version: 1, checkAt: NOW, body: JSON.stringify(purchase) }
    await clockRound({
      ...deps,
      stores: new Map([['app_store', store]] as const),
      checks: {
        claimDueChecks: async () => [row],
        nextCheckDue: async () => null,
        findLinks: async () => new Map(),
        hastenChecks: async () => 0,
      },
      histories: createHistories(deps),
      unverified: createUnverified(() => {}),
      startedAt: NOW - 100 * DAY,
    })
    return asked
  }

  it('is asked about with the key of who announces it, whoever told of it first', async () => {
    const announcing = { ...rc, settings: { ...rc.settings, authority: 'revenuecat' } }
    expect(await askedBy(rc, [rc, ios])).toEqual(['ios'])
    expect(await askedBy(ios, [rc, ios])).toEqual(['ios'])
    expect(await askedBy(ios, [announcing, ios])).toEqual([])
    expect(await askedBy(rc, [rc])).toEqual([])
  })
})
