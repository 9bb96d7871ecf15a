import { describe, expect, it } from 'vitest'
import type { Observation } from '../../src/domain/observation.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { type ClockDeps, clockRound } from '../../src/ingest/clock.ts'
import { createUnverified } from '../../src/ingest/unverified.ts'
import type { PurchaseRow } from '../../src/storage/rows.ts'
import type { Fetched, Store } from '../../src/stores/store.ts'
import { ended, fold, KEY, observed, period, snapshot } from '../domain/scenarios/by-hand.ts'
import { DAY, HOUR, START } from '../domain/scenarios/play.ts'
import { appOf, given, project, storeWith } from './given.ts'

/** A store that cannot be asked when access should have ended. */

const END = START + 30 * DAY
const MINUTE = 60_000
const app = { ...appOf('android'), store: 'play_store' as const }
const DOWN: Fetched<Observation> = { kind: 'retry', reason: 'The store is down.', afterMs: null }
const REFUSED: Fetched<Observation> = { kind: 'credentials', reason: 'The key is refused.' }
const never = (): Promise<never> => Promise.reject(new Error('not asked here'))

function answered(status: 'active' | 'expired', at: number): Fetched<Observation> {
  const facts = status === 'active' ? [] : [ended({ at: END })]
  const state = snapshot({ version: at, status, autoRenew: status === 'active' })
  return { kind: 'fetched', value: observed([period(), ...facts], { snapshot: state }) }
}

/** One purchase that is on disk, and its clock. */
function clockOf(options: { readonly canAsk?: boolean; readonly autoRenew?: boolean } = {}) {
  const { canAsk = true, autoRenew = true } = options
  const first = fold([observed([period()], { snapshot: snapshot({ version: START, autoRenew }) })]).purchase
  const key = KEY
  let row: PurchaseRow = {
    key,
    appId: app.id,
    customerId: 'cus_1',
    version: 1,
    checkAt: END,
    body: JSON.stringify(first),
  }
  let now = END
  let answer: () => Fetched<Observation> = () => DOWN
  const alerts: string[] = []
  const counted: string[] = []
  const deps = given()
  const store: Store = {
    ...storeWith(never),
    name: 'play_store',
    canPoll: () => canAsk,
    poll: async () => answer(),
  }
  const owner = { projectId: 'acme', id: 'cus_1', aliases: ['u-1'], attributes: {}, lastSeq: 0, lastSeenAt: 0 }
  const clock: ClockDeps = {
    ...deps,
    now: () => now,
    meter: { ...deps.meter, unverified: ({ id }) => void counted.push(id) },
    storage: {
      ...deps.storage,
      step: async (_keys, compute) => {
        const customers = new Map([['acme\ncus_1', owner]])
        const loaded = { purchases: new Map([[purchaseId(key), row]]), customers, customerOf: new Map() }
        const { save, result } = compute(loaded as unknown as Parameters<typeof compute>[0])
        for (const one of save.purchases ?? []) row = one
        return result
      },
    },
    checks: {
      ...({} as ClockDeps['checks']),
      claimDueChecks: async ({ again }) => {
        row = { ...row, checkAt: again }
        return [row]
      },
      nextCheckDue: async () => null,
    },
    stores: new Map([['play_store', store]]),
    directory: () => ({ project: () => project, app: () => app, appsOf: () => [app] }),
    histories: { take: async () => {}, pending: 0, stop: async () => {} },
    unverified: createUnverified((of, { reason }) => void alerts.push(`${of.id}: ${reason}`)),
    startedAt: START,
  }
  return {
    alerts,
    counted,
    purchase: () => JSON.parse(row.body) as Purchase,
    checkAt: () => row.checkAt,
    round: async (at: number, says: Fetched<Observation> = DOWN) => {
      now = at
      answer = () => says
      await clockRound(clock)
    },
  }
}

describe('a purchase that its store cannot be asked about', () => {
  it.each([
    ['down', DOWN],
    ['refusing the credentials', REFUSED],
  ])('is marked with the first question that fails, the store being %s, and nothing of it is told', async (_, says) => {
    const clock = clockOf()
    const before = clock.purchase()
    await clock.round(END, says)
    expect(clock.purchase()).toEqual({ ...before, unverifiedSince: END })
    expect(clock.checkAt()).toBe(END + 5 * MINUTE)
    await clock.round(END + 5 * MINUTE, says)
    expect(clock.purchase().unverifiedSince).toBe(END)
    expect(clock.counted).toEqual(['android'])
  })

  it('is verified by any answer: that it goes on, that it ended, that the store knows nothing of it', async () => {
    const answers: readonly Fetched<Observation>[] = [
      answered('active', END + HOUR),
      answered('expired', END + HOUR),
      { kind: 'absent', reason: 'The store knows nothing of it.' },
    ]
    for (const says of answers) {
      const clock = clockOf()
      await clock.round(END)
      expect(clock.purchase().unverifiedSince).toBe(END)
      await clock.round(END + HOUR, says)
      expect(clock.purchase()).not.toHaveProperty('unverifiedSince')
    }
    expect(answers).toHaveLength(3)
  })

  it('is alerted once, when it has lasted for an hour, and again only after it was over', async () => {
    const clock = clockOf()
    await clock.round(END)
    for (let at = END + 5 * MINUTE; at < END + HOUR; at += 5 * MINUTE) await clock.round(at)
    expect(clock.alerts).toEqual([])
    for (let at = END + HOUR; at < END + 5 * HOUR; at += 5 * MINUTE) await clock.round(at)
    expect(clock.alerts).toEqual(['android: The store is down.'])
    await clock.round(END + 5 * HOUR, answered('active', END + 5 * HOUR))
    await clock.round(END + 6 * HOUR)
    for (let at = END + 7 * HOUR; at < END + 8 * HOUR; at += 5 * MINUTE) await clock.round(at)
    expect(clock.alerts).toHaveLength(2)
  })

  it('because nobody has its credentials is looked at once, for the alert, and not marked: no question failed', async () => {
    const clock = clockOf({ canAsk: false })
    const before = clock.purchase()
    await clock.round(END + HOUR)
    expect(clock.checkAt()).toBeNull()
    expect(clock.purchase()).toEqual(before)
    expect(clock.alerts).toEqual(['android: The app has no credentials with which its store can be asked.'])
    expect(clock.counted).toEqual(['android'])
  })

  it('is not marked by a look that fails while it is in force', async () => {
    const clock = clockOf()
    await clock.round(END - 1)
    expect(clock.purchase()).not.toHaveProperty('unverifiedSince')
    expect(clock.counted).toEqual([])
  })
})
