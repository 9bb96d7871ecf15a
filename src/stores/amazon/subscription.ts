import type { Fact, PeriodFact } from '../../domain/facts.ts'
import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { periodFact, periodId } from './charge.ts'
import { type Course, courseOf } from './course.ts'
import { GONE, type Receipt } from './receipt.ts'
import type { Span } from './rhythm.ts'
import { shownFacts, snapshotOf, type View } from './state.ts'
import { type Told, toldBy } from './told.ts'

/** One message about a receipt: its place among those that were asked about, its type, and when it happened. */
export interface Ring {
  readonly index: number
  readonly type: string
  readonly at: number
}

export interface Reported {
  readonly observation: Observation
  /** null when only the receipt tells it. */
  readonly message: number | null
}

/** What was read, and what is known beside it. */
export interface Asked {
  readonly app: App
  readonly key: PurchaseKey
  readonly receipt: Receipt
  readonly appUserId: string
  /** Our clock before it was read. */
  readonly at: number
  readonly known: Purchase | null
  /** In the order in which they happened. */
  readonly rings: readonly Ring[]
}

/** A subscription's receipt and the messages that ring for it → what they tell, each message by itself, the state last. */
export function subscriptionReported(asked: Asked): readonly Reported[] {
  const { receipt, rings } = asked
  const course = courseBy(asked)
  const tellings = rings.map((ring) => ({ ring, told: toldBy(ring.type, ring.at, receipt, course) }))
  const speaking = tellings.filter(({ told }) => told.span !== null)
  const view = viewOf(
    asked,
    course,
    speaking.flatMap(({ told }) => told.facts),
  )
  const period = periods(view, asked.known)
  const beginning = beginningOf(course).filter((span) => !isForgotten(span, asked.known))
  const messages = speaking.map(({ ring, told }) => {
    const before = beginning.filter(({ start }) => start < (told.span?.start ?? 0)).map((span) => period(span, false))
    const facts = [...chargesOf(told, period), ...before, ...told.facts]
    return { message: ring.index, observation: observationOf(asked, view, facts) }
  })
  const facts = [...[...beginning, course.current].map((span) => period(span, false)), ...shownFacts(view)]
  return [...messages, { message: tellerOf(rings), observation: observationOf(asked, view, unique(facts)) }]
}

export function courseBy({ receipt, at, known, rings }: Pick<Asked, 'receipt' | 'at' | 'known' | 'rings'>): Course {
  const facts = known?.facts ?? []
  const timesOf = (...types: readonly string[]): readonly number[] =>
    rings.filter(({ type }) => types.includes(type)).map((ring) => ring.at)
  return courseOf(receipt, {
    at,
    spans: spansOf(facts),
    renewals: timesOf('SUBSCRIPTION_RENEWED', CONVERTED),
    converted: timesOf(CONVERTED).length > 0,
    failures: [
      ...facts.filter((fact) => fact.kind === 'billing_failed'),
      ...timesOf('SUBSCRIPTION_IN_GRACE_PERIOD').map((time) => ({ at: time, graceEndsAt: receipt.gracePeriodEndDate })),
    ],
  })
}

const CONVERTED = 'SUBSCRIPTION_CONVERTED_FREE_TRIAL_TO_PAID'
const ENDS: ReadonlySet<string> = new Set(['SUBSCRIPTION_CANCELLED', 'SUBSCRIPTION_EXPIRED'])

/** Whether a message reports an end. */
export function reportsEnd({ type }: Ring): boolean {
  return ENDS.has(type)
}

function spansOf(facts: readonly Fact[]): readonly Span[] {
  return facts
    .filter((fact) => fact.kind === 'period')
    .map((fact) => ({ start: fact.at, end: fact.expiresAt, trial: fact.periodType === 'TRIAL' }))
    .sort((a, b) => a.start - b.start)
}

function viewOf({ receipt, at, appUserId, known, rings }: Asked, course: Course, told: readonly Fact[]): View {
  const version = Math.max(at, (known?.snapshot?.version ?? 0) + 1)
  const facts = [...(known?.facts ?? []), ...told].sort((a, b) => a.at - b.at)
  return { receipt, course, at, version, appUserId, facts, endIsOwn: rings.some(reportsEnd) }
}

/** The state is told by the last message that rang for it; by one of an end where there is one. */
function tellerOf(rings: readonly Ring[]): number | null {
  return (rings.findLast(reportsEnd) ?? rings.at(-1))?.index ?? null
}

type PeriodOf = (span: Span, own: boolean) => PeriodFact

/**
 * What was told of a period before stays as it is: a later receipt has the plan and the promotion of a later period. Only
 * its end may move.
 */
function periods({ receipt, course, version }: View, known: Purchase | null): PeriodOf {
  return (span, own) => {
    const current = span.start === course.current.start
    const replaced = current && course.standing === 'replaced'
    const id = periodId(receipt.receiptId, span)
    const before = known?.facts.find((fact): fact is PeriodFact => fact.kind === 'period' && fact.period === id)
    if (before === undefined) return periodFact(receipt, span, { version, own, current, replaced })
    const marked = { ...before, own: before.own || own, replaced: before.replaced || replaced }
    return before.expiresAt === span.end ? marked : { ...marked, expiresAt: span.end, version }
  }
}

function chargesOf({ span, charged }: Told, period: PeriodOf): readonly Fact[] {
  return span === null ? [] : [period(span, charged)]
}

/**
 * What every reading shows of the beginning: the first period, and the one that converted it when it was a trial. A receipt
 * that goes on after a trial was paid for at its end.
 */
function beginningOf({ first, spans }: Course): readonly Span[] {
  return first.trial ? spans.slice(0, 2) : [first]
}

function isForgotten(span: Span, known: Purchase | null): boolean {
  return known?.summary != null && span.start < known.summary.droppedBefore
}

function unique(facts: readonly Fact[]): readonly Fact[] {
  const seen = new Set<string>()
  return facts.filter((fact) => {
    if (fact.kind !== 'period') return true
    if (seen.has(fact.period)) return false
    seen.add(fact.period)
    return true
  })
}

function observationOf({ app, key }: Asked, view: View, facts: readonly Fact[]): Observation {
  return {
    key,
    appId: app.id,
    kind: 'subscription',
    snapshot: snapshotOf(view),
    facts,
    owner: null,
    history: 'partial',
  }
}

/**
 * The receipt of a subscription of which Amazon says only that it is not valid any more, put together from what is known:
 * it ended when a message says so, and not after the last period that is known. null when nothing is known.
 */
export function goneReceipt(known: Purchase | null, at: number): Receipt | null {
  const periods = (known?.facts ?? []).filter((fact) => fact.kind === 'period')
  const [first] = periods
  const last = periods.at(-1)
  if (first === undefined || last === undefined) return null
  const failed = known?.facts.some((fact) => fact.kind === 'billing_failed' && fact.period === last.period) === true
  return {
    receiptId: first.originalTransactionId,
    kind: 'subscription',
    productId: last.productId,
    parentId: last.productId,
    purchaseDate: first.at,
    renewalDate: null,
    cancelDate: failed ? at : Math.min(at, last.expiresAt),
    cancelReason: GONE,
    autoRenewing: false,
    freeTrialEndDate: null,
    gracePeriodEndDate: null,
    deferredSku: null,
    term: null,
    promoted: false,
    countryCode: last.countryCode,
    test: false,
  }
}
