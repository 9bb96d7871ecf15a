import { describe, expect, it } from 'vitest'
import type { FrozenEvent } from '../../src/domain/event.ts'
import { purchaseId } from '../../src/domain/purchase.ts'
import { type FoldDeps, foldBatch, type PurchaseWork } from '../../src/ingest/fold.ts'
import type { CustomerRow, LedgerRow, PurchaseRow } from '../../src/storage/rows.ts'
import { SCENARIOS } from '../domain/scenarios/app-store.ts'
import { app, context, DAY, type Message, permutations, record, START } from '../domain/scenarios/play.ts'
import { randomOf } from '../seed.ts'

/** Orders of a scenario that are cut; up to five messages that is each of them. */
const MOST = 120

const deps: FoldDeps = {
  getsReceipts: () => false,
  fanOut: () => ({ deliveries: [], queues: [] }),
  terms: () => context.terms,
}

interface Told {
  readonly events: readonly FrozenEvent[]
  readonly ledger: readonly LedgerRow[]
}

/** Folds the messages batch by batch, as ingest does: a purchase whose history is needed is folded again with it. */
function foldCuts(batches: readonly (readonly Message[])[], all: readonly Message[]): Told {
  const purchases = new Map<string, PurchaseRow>()
  const customers = new Map<string, CustomerRow>()
  const customerOf = new Map<string, string>()
  const events: FrozenEvent[] = []
  const ledger: LedgerRow[] = []
  const fold = (work: readonly PurchaseWork[]): readonly string[] => {
    const { save, needHistory } = foldBatch(work, { purchases, customers, customerOf }, deps)
    for (const row of save.purchases ?? []) purchases.set(purchaseId(row.key), row)
    for (const row of save.customers ?? []) {
      customers.set(`${row.projectId}\n${row.id}`, row)
      for (const alias of row.aliases) customerOf.set(`${row.projectId}\n${alias}`, row.id)
    }
    events.push(...(save.events ?? []).map(({ event }) => event))
    ledger.push(...(save.ledger ?? []))
    return needHistory
  }
  for (const batch of batches) {
    const work = workOf(batch)
    const needs = new Set(fold(work))
    fold(work.filter(({ key }) => needs.has(purchaseId(key))).map((one) => withHistory(one, all)))
  }
  return { events, ledger }
}

function workOf(batch: readonly Message[]): readonly PurchaseWork[] {
  const byChain = Map.groupBy(batch, ({ observation }) => observation.key.chain)
  return [...byChain.values()].map((messages) => ({
    key: (messages[0] as Message).observation.key,
    app,
    project,
    observations: messages.map(({ observation, name }) => ({ observation, notificationId: name })),
    now: START + 400 * DAY,
    mayAskHistory: true,
    clock: { canAsk: true, neverByClock: false },
    asked: false,
  }))
}

function withHistory(work: PurchaseWork, all: readonly Message[]): PurchaseWork {
  const history = all.findLast((one) => one.history !== null && one.observation.key.chain === work.key.chain)?.history
  const observations = history == null ? [] : [{ observation: history, notificationId: null }]
  return { ...work, observations: [...observations, ...work.observations], mayAskHistory: false }
}

const project = {
  id: 'acme',
  name: 'Acme',
  trackUnknownPurchases: true,
  identityHoldMs: 0,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: {},
} as const

/** What an event says, without the numbers and times that depend on when it was learned. */
function compared({ events, ledger }: Told): {
  readonly events: readonly string[]
  readonly ledger: readonly string[]
} {
  const told = events.map((one) =>
    JSON.stringify([
      one.name,
      one.type,
      one.productId,
      one.newProductId,
      one.periodType,
      one.purchasedAt,
      one.expiresAt,
      one.isTrialConversion,
      one.cancelReason,
      one.expirationReason,
      one.money.grossMicros,
      one.money.currency,
    ]),
  )
  const ids = events.map(({ id }) => id)
  const moved = ledger.map(({ entry, micros, currency }) =>
    JSON.stringify([entry.replace(/:\d+$/, ''), micros, currency]),
  )
  return { events: [...told.sort(), ...ids.sort()], ledger: moved.sort() }
}

function cut<T>(items: readonly T[], random: () => number): readonly (readonly T[])[] {
  const batches: T[][] = []
  for (const item of items) {
    const last = batches.at(-1)
    if (last === undefined || random() < 0.4) batches.push([item])
    else last.push(item)
  }
  return batches
}

describe.each(SCENARIOS)('$name', ({ name, write }) => {
  it('tells the same, in whatever order it was kept and wherever that is cut into batches', () => {
    const random = randomOf(name)
    const messages = record(write)
    const inOrder = messages.map((one) => [one])
    const expected = compared(foldCuts(inOrder, messages))
    expect(expected.events.length).toBeGreaterThan(0)
    let tried = 0
    for (const order of permutations(messages.length)) {
      if (tried >= MOST) break
      tried += 1
      // Beyond five messages the orders that come first differ only at their ends: those are drawn.
      const kept = messages.length > 5 ? [...order].sort(() => random() - 0.5) : order
      const arrived = kept.map((index) => messages[index] as Message)
      for (const batches of [[arrived], cut(arrived, random)]) {
        expect(
          compared(foldCuts(batches, messages)),
          batches.map((batch) => batch.map((one) => one.name).join(', ')).join(' | '),
        ).toEqual(expected)
      }
    }
  })
})
