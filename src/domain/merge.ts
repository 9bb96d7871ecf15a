import type { EndedAs, Fact, OneTimeFact, PeriodFact } from './facts.ts'
import { asTold, joinShown, withShownPrices } from './shown-price.ts'

/** A fact that stands for a charge. */
export type ChargeFact = PeriodFact | OneTimeFact

export function isCharge(fact: Fact): fact is ChargeFact {
  return fact.kind === 'period' || fact.kind === 'one_time'
}

/**
 * What makes two facts the same one. A charge is named by its transaction; everything else by what it says, about which
 * period and when.
 */
export function factKey(fact: Fact): string {
  const dated = `${fact.kind}|${fact.period}|${fact.at}`
  switch (fact.kind) {
    case 'period':
    case 'one_time':
      return `${fact.kind}|${fact.period}`
    case 'renewal_switch':
      return `${dated}|${fact.on ? 'on' : 'off'}`
    case 'ended':
      return `${dated}|${fact.reason}`
    case 'change_requested':
      return `${dated}|${fact.productId}`
    case 'refund':
    case 'refund_reversed':
      return fact.refundId === '' ? dated : `${fact.kind}|${fact.period}|#${fact.refundId}`
    case 'billing_failed':
    case 'restored':
    case 'extended':
    case 'pause_scheduled':
      return dated
  }
}

/** Marks that anybody may set: they are joined, and have no say in whose particulars stand. */
const MARKS: ReadonlySet<string> = new Set([
  'own',
  'shown',
  'inferred',
  'firstOfChain',
  'replaced',
  'byChange',
  'boughtAnew',
  'returnsAfter',
  'startsCancelled',
  'serviceSince',
])

/** Nor has an end that is decided by itself. */
const MARKS_AND_END: ReadonlySet<string> = new Set([...MARKS, 'expiresAt', 'endAsOf'])

/** A total order over what facts of one key say, in which "not told" is the least. */
function rank(fact: Fact): string {
  return canonical(fact, isCharge(fact) && fact.endAsOf !== undefined ? MARKS_AND_END : MARKS)
}

/** The same text for the same content, in whatever order its fields were written. */
export function canonical(of: object, without: ReadonlySet<string> = new Set()): string {
  const fields = Object.entries(of).filter(([name]) => !without.has(name))
  return fields
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]: [string, unknown]) => {
      if (value === null) return `${name}=`
      if (typeof value === 'object') return `${name}={${canonical(value)}}`
      return `${name}=${typeof value === 'number' ? String(value).padStart(17, '0') : JSON.stringify(value)}`
    })
    .join()
}

/**
 * Two tellings of one fact → one. Commutative, associative and idempotent: of a charge's particulars those of
 * who tells it whole, then of the newer version (then the greater) stand, of the marks each that anybody set.
 */
function mergeTwo(a: Fact, b: Fact): Fact {
  const marks = { own: a.own || b.own, inferred: a.inferred && b.inferred }
  if (a.kind === 'period' && b.kind === 'period') {
    return {
      ...strongerOf(a, b),
      ...endOf(a, b),
      ...shownOf(a, b),
      ...marks,
      firstOfChain: a.firstOfChain || b.firstOfChain,
      replaced: a.replaced || b.replaced,
      byChange: a.byChange || b.byChange,
      ...(a.boughtAnew === true || b.boughtAnew === true ? { boughtAnew: true } : {}),
      ...returnOf(a, b),
      ...serviceOf(a, b),
      startsCancelled:
        a.startsCancelled === true || b.startsCancelled === true ? true : (a.startsCancelled ?? b.startsCancelled),
    }
  }
  if (a.kind === 'one_time' && b.kind === 'one_time')
    return { ...strongerOf(a, b), ...endOf(a, b), ...shownOf(a, b), ...marks }
  return { ...(rank(a) >= rank(b) ? a : b), ...marks }
}

function shownOf<C extends ChargeFact>(a: C, b: C): Pick<C, 'shown'> {
  const shown = joinShown(a.shown, b.shown)
  return shown === undefined ? {} : { shown }
}

const LEAST_TOLD: readonly EndedAs[] = ['unknown', 'trial', 'paid']

/** Whoever knows how the chain before ended outweighs whoever does not, and who saw it paid whoever saw its trial alone. */
function returnOf(a: PeriodFact, b: PeriodFact): Pick<PeriodFact, 'returnsAfter'> {
  const returnsAfter = LEAST_TOLD.findLast((one) => a.returnsAfter === one || b.returnsAfter === one)
  return returnsAfter === undefined ? {} : { returnsAfter }
}

function serviceOf(a: PeriodFact, b: PeriodFact): Pick<PeriodFact, 'serviceSince'> {
  const told = [a, b].flatMap(({ serviceSince }) => serviceSince ?? [])
  return told.length === 0 ? {} : { serviceSince: Math.max(...told) }
}

/** Whose particulars of one charge stand: who tells it whole, then the newer version, then the greater content. */
function strongerOf<C extends ChargeFact>(a: C, b: C): C {
  if (a.mentioned !== b.mentioned) return a.mentioned === true ? b : a
  if (a.version !== b.version) return a.version > b.version ? a : b
  return rank(a) >= rank(b) ? a : b
}

/** The end of two tellings that say since when they know it: the one known last, then the later. */
function endOf<C extends ChargeFact>(a: C, b: C): Partial<Pick<C, 'expiresAt' | 'endAsOf'>> {
  if (a.endAsOf === undefined || b.endAsOf === undefined) return {}
  const later = a.endAsOf === b.endAsOf ? (a.expiresAt ?? 0) >= (b.expiresAt ?? 0) : a.endAsOf > b.endAsOf
  const { expiresAt, endAsOf } = later ? a : b
  return { expiresAt, endAsOf } as Partial<Pick<C, 'expiresAt' | 'endAsOf'>>
}

/** Facts of two sides, each once, in time order. An older observation adds its facts as a newer one does. */
export function mergeFacts(left: readonly Fact[], right: readonly Fact[]): readonly Fact[] {
  const byKey = new Map<string, Fact>()
  for (const fact of left) byKey.set(factKey(fact), fact)
  for (const fact of right) {
    const key = factKey(fact)
    const known = byKey.get(key)
    byKey.set(key, known === undefined ? fact : mergeTwo(asTold(known), asTold(fact)))
  }
  return withShownPrices([...byKey.values()].sort(compareFacts))
}

/** Time, then the transaction, then the key: any two facts have one order. */
function compareFacts(a: Fact, b: Fact): number {
  return a.at - b.at || compareText(a.period, b.period) || compareText(factKey(a), factKey(b))
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
