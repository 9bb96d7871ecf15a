import { nameOf } from '../../../src/domain/event.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import { statusAt } from '../../../src/domain/status.ts'
import type { Played } from '../scenarios/play.ts'
import { DAY, START } from './life.ts'
import type { Expected, Outcome } from './model.ts'

/** What the hub yielded in the model's terms: periods by their place. */
function foundIn(played: Played, periods: readonly string[]): readonly Expected[] {
  return played.happenings.map((one) => ({
    type: one.type,
    name: nameOf(one.type, one.periodType, one.isTrialConversion === true),
    period: periods.indexOf(one.period),
    occurredAt: one.occurredAt,
    product: one.productId,
    newProduct: one.newProductId,
    periodType: one.periodType,
    conversion: one.isTrialConversion,
    reason: one.cancelReason ?? one.expirationReason,
    micros: one.grossMicros ?? Number.NaN,
    renewalNumber: one.renewalNumber ?? Number.NaN,
    purchasedAt: one.purchasedAt,
    graceEndsAt: one.gracePeriodExpiresAt,
    resumesAt: one.autoResumeAt,
    family: one.isFamilyShare,
  }))
}

function lineOf(one: Expected): string {
  const day = (at: number | null): string | null => (at === null ? null : ((at - START) / DAY).toFixed(5))
  const { occurredAt, type, name, period, ...rest } = one
  const dated = { ...rest, purchasedAt: day(rest.purchasedAt), graceEndsAt: day(rest.graceEndsAt) }
  return `period ${period} ${type} (${name}) day ${day(occurredAt)} ${JSON.stringify({ ...dated, resumesAt: day(rest.resumesAt) })}`
}

/** Lines that only one side has, "−" what the rules ask for and the hub did not say, "+" what it said beyond them. */
function differences(expected: readonly string[], found: readonly string[]): readonly string[] {
  const missing = [...expected]
  const extra: string[] = []
  for (const line of found) {
    const at = missing.indexOf(line)
    if (at === -1) extra.push(line)
    else missing.splice(at, 1)
  }
  return [...missing.map((line) => `− ${line}`), ...extra.map((line) => `+ ${line}`)]
}

/**
 * In another order of arrival a happening may first be concluded from a later state, or be told by its second notice:
 * then it is dated by that. The place in the chain may be read off dates before the history is known. Nothing else may differ.
 */
function loosened(one: Expected): Expected {
  const concluded =
    one.type === 'BILLING_ISSUE' ||
    one.type === 'UNCANCELLATION' ||
    one.type === 'PRODUCT_CHANGE' ||
    (one.type === 'CANCELLATION' && one.reason !== 'CUSTOMER_SUPPORT')
  // How long before its period a renewal was charged, its own message shows: learned later, it is dated by what it precedes.
  const charged = one.type === 'RENEWAL' ? { occurredAt: Math.max(one.occurredAt, one.purchasedAt) } : {}
  // Nor does an end that shows a failed charge show what grace the charge had.
  return { ...one, ...charged, renewalNumber: 0, ...(concluded ? { occurredAt: START, graceEndsAt: null } : {}) }
}

/** Every way in which what the hub yielded differs from what the model asks for; empty when there is none. */
export function judge(
  outcome: Outcome,
  played: Played,
  periods: readonly string[],
  arrival: 'in order' | 'any' = 'in order',
): readonly string[] {
  const seen = arrival === 'any' ? loosened : (one: Expected) => one
  const found = foundIn(played, periods)
  // An entry has one place in the ledger, which storage keeps: a history that is read again tells what is there already.
  const unique = new Map(played.entries.toReversed().map((one) => [one.entry, one]))
  const ledger = [...unique.values()].map(({ entry, reason, micros }) =>
    JSON.stringify({ period: periods.indexOf(entry.split(':')[1] ?? ''), reason, micros }),
  )
  return [
    ...differences(
      outcome.events.map((one) => lineOf(seen(one))),
      found.map((one) => lineOf(seen(one))),
    ),
    ...differences(
      outcome.ledger.map((one) => JSON.stringify(one)),
      ledger,
    ),
    ...statusDifferences(outcome, played),
    ...doubled(played),
  ]
}

function statusDifferences(outcome: Outcome, played: Played): readonly string[] {
  const [purchase] = [...played.purchases.values()]
  if (purchase === undefined || played.purchases.size !== 1) return ['more or less than one purchase']
  const newest = Math.max(...purchase.facts.map((fact) => fact.at))
  const instants = [1, 60_000, 3 * DAY, 7 * DAY, 20 * DAY, 90 * DAY, 400 * DAY].map((after) => newest + after)
  return instants.flatMap((at) => {
    const [asked, got] = [outcome.statusAt(at), statusAt(purchase, at)]
    return asked === got ? [] : [`status at day ${((at - START) / DAY).toFixed(5)}: asked ${asked}, got ${got}`]
  })
}

/** No event id twice. */
function doubled(played: Played): readonly string[] {
  const ids = new Set<string>()
  const keys = [...played.purchases.values()].map((purchase) => purchaseId(purchase.key))
  return played.happenings.flatMap(({ what, period, n }) => {
    const id = `${keys.join()}|${what}|${period}|${n}`
    if (ids.has(id)) return [`the id of ${what} ${period} ${n} twice`]
    ids.add(id)
    return []
  })
}
