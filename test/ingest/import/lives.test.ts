import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observe } from '../../../src/domain/observe.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { statusAt } from '../../../src/domain/status.ts'
import { observationOf } from '../../../src/ingest/import/facts.ts'
import { type ExportRow, rowOf } from '../../../src/ingest/import/row.ts'
import { type Act, DAY, type Draw, type Powers, wordsOf } from '../../domain/reference/life.ts'
import { lifeOf } from '../../domain/reference/lives.ts'
import { SIGNED_AFTER, type Told, tellByAppStore } from '../../domain/reference/tell-app-store.ts'
import { app, context } from '../../domain/scenarios/play.ts'
import { type ExportRecord, rowsOfLife } from '../../fixtures/export-rows.ts'
import { seed } from '../../seed.ts'

const LIVES = process.env.TRIBUTARY_TEST_FULL === '1' ? 100_000 : 2_000

const POWERS: Powers = {
  pauses: false,
  refundsInPieces: false,
  olderRefunds: true,
  earlyRenewals: true,
  offInGrace: true,
}

const draw: fc.Arbitrary<Draw> = fc.record({ which: fc.nat(1_000), when: fc.nat(999), how: fc.nat(1_000) })

/** Found by this test: charged early, switched off and taken over, switched on again, all before the period begins. */
const SWITCHED_EARLY: [Draw[], number] = [
  [
    [0, 0],
    [859, 301],
    [226, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ].map(([which = 0, when = 0]) => ({ which, when, how: 0 })),
  896,
]

interface Outcome {
  readonly events: string[]
  readonly ledger: Map<string, string>
  purchase: Purchase | null
}

function parsed(record: ExportRecord): ExportRow {
  const read = rowOf((column) => record[column as keyof ExportRecord] ?? '', [0, 1])
  if (read.kind === 'skipped') throw new Error(read.reason)
  return read.row
}

/** Messages from `from` on, on what is there; `announced` keeps what they told. */
function hear(outcome: Outcome, { messages }: Told, from: number, until: number, announced: boolean): void {
  for (const { observation } of messages.slice(from, until)) {
    const observed = observe(outcome.purchase, observation, { ...context, eventsFrom: Number.MAX_SAFE_INTEGER })
    outcome.purchase = observed.purchase
    if (announced) {
      for (const { what, period, type, productId, grossMicros, cancelReason, expirationReason } of observed.happenings)
        outcome.events.push(
          JSON.stringify({ what, period, type, productId, grossMicros, cancelReason, expirationReason }),
        )
    }
    for (const { entry, micros } of observed.entries) {
      const name = entry.split(':').slice(0, 2).join(':')
      outcome.ledger.set(
        `${name} ${[...outcome.ledger.keys()].filter((key) => key.startsWith(name)).length}`,
        String(micros),
      )
    }
  }
}

function takeOver(outcome: Outcome, life: readonly Act[], told: Told, asOf: number): void {
  const rows = rowsOfLife(life, told.periods, asOf, 'ann').map(parsed)
  const key = told.messages[0]?.observation.key
  if (key === undefined) throw new Error('A life without a message.')
  const observation = observationOf({ key, appId: app.id, owner: 'ann', rows, asOf, knownUpTo: null })
  const observed = observe(outcome.purchase, observation, { ...context, eventsFrom: Number.MAX_SAFE_INTEGER })
  outcome.purchase = observed.purchase
  expect(observed.happenings).toEqual([])
  for (const { entry, micros } of observed.entries)
    outcome.ledger.set(`${entry.split(':').slice(0, 2).join(':')} 0`, String(micros))
}

/** What was charged for each period, and what of it stands: a refund that was undone before the export is in no row. */
function ledgerOf({ ledger }: Outcome): readonly string[] {
  const sums = new Map<string, number>()
  for (const [name, micros] of ledger) {
    const [reason = '', period = ''] = name.split(/[: ]/)
    for (const place of reason === 'charge' ? [`charge ${period}`, `stands ${period}`] : [`stands ${period}`])
      sums.set(place, (sums.get(place) ?? 0) + Number(micros))
  }
  return [...sums].map(([name, micros]) => `${name} ${micros}`).sort()
}

function empty(): Outcome {
  return { events: [], ledger: new Map(), purchase: null }
}

describe('what was taken over and what the store says later are one history', () => {
  it(
    `of ${LIVES} lives, cut at any message`,
    () => {
      let seen = 0
      fc.assert(
        fc.property(fc.array(draw, { minLength: 2, maxLength: 14 }), fc.nat(1_000), (drawn, place) => {
          const life = lifeOf(drawn, POWERS)
          const told = tellByAppStore(life)
          const cut = 1 + (place % Math.max(told.messages.length - 1, 1))
          const before = life[cut - 1]
          const after = life[cut]
          // No row tells that a refund was undone, nor what the switch stood at meanwhile.
          fc.pre(!life.some(({ do: what }) => what === 'reverse'))
          if (before === undefined || told.messages.length < 2) return
          const asOf = Math.min(before.at + 2 * SIGNED_AFTER, (after?.at ?? Number.MAX_SAFE_INTEGER) - 1)
          const alone = empty()
          hear(alone, told, 0, cut, true)
          const earlier = alone.events.splice(0)
          hear(alone, told, cut, told.messages.length, true)
          const joined = empty()
          takeOver(joined, life, told, asOf)
          hear(joined, told, cut, told.messages.length, true)
          const words = `\n${wordsOf(life)}\ncut at ${cut}\n`
          const beyond = [...joined.events]
          for (const event of alone.events) {
            expect(beyond, `${words} lacks ${event}`).toContain(event)
            beyond.splice(beyond.indexOf(event), 1)
          }
          // A second message about what was taken over (a charge that goes on failing) tells it here for the first time.
          for (const event of beyond) {
            expect(earlier, `${words} has ${event}`).toContain(event)
            expect(event, words).not.toMatch(/"what":"(purchase|refund|refund_reversed)"/)
          }
          expect(ledgerOf(joined), words).toEqual(ledgerOf(alone))
          if (alone.purchase === null || joined.purchase === null) throw new Error('no purchase')
          for (const days of [0, 3, 20, 90, 400]) {
            const at = (life.at(-1)?.at ?? 0) + 2 * SIGNED_AFTER + days * DAY
            expect(statusAt(joined.purchase, at), `${words} after ${days} days`).toBe(statusAt(alone.purchase, at))
          }
          seen += 1
        }),
        { seed, numRuns: LIVES, examples: [SWITCHED_EARLY] },
      )
      expect(seen).toBeGreaterThan(LIVES / 2)
    },
    LIVES > 2_000 ? 900_000 : 60_000,
  )
})
