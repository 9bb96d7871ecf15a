import type { Receipt } from './receipt.ts'
import { plusTerms, type Term, termsBetween } from './term.ts'

/** A period of a subscription, by its two ends (milliseconds). */
export interface Span {
  readonly start: number
  readonly end: number
  readonly trial: boolean
}

/** How the periods of one receipt follow each other. */
export interface Rhythm {
  /** The start of the period that ends then. */
  before(end: number): number
  /** The end of the period that starts then. */
  after(start: number): number
  /** The last start or end of a period that is not later than this. */
  boundary(at: number): number
  /** How far a charge may lie from the date that it is due. */
  readonly slack: number
  /** Two dates that are the same one. */
  readonly tolerance: number
  readonly trialEnd: number | null
  /** Whether a first period that lasts so long is a paid one by its length. */
  isWhole(length: number): boolean
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Weekly for longer than anybody had a Fire tablet. */
const MOST_SPANS = 1_500
/** A length for a receipt whose term is unknown, until two dates of it are. */
const GUESS = 30 * DAY

/**
 * Amazon tells the first purchase and the next renewal, and nothing in between; a receipt has no transaction of its own
 * for a renewal. The periods are therefore reckoned: whole terms from the first purchase, or from the end of its trial,
 * which is how Amazon sets its dates. What is known already (`known`) counts before what is reckoned.
 */
export function rhythmOf(receipt: Receipt, known: readonly Span[], at: number): Rhythm {
  const { purchaseDate: first } = receipt
  const term = isAccelerated(receipt, known) ? null : receipt.term
  const length = term === null ? lengthOf(receipt, known) : plusTerms(first, term, 1) - first
  const slack = Math.min(DAY, Math.floor(length / 8))
  const trialEnd = trialEndOf(receipt, known, term, at)
  const anchors = trialEnd === null ? [first] : [trialEnd, first]

  const before = (end: number): number => {
    const same = known.find((span) => span.end === end)
    if (same !== undefined) return same.start
    if (end === trialEnd) return first
    const reckoned = term === null ? latestBelow(end, known, first) : reckonedStart(end, term, anchors)
    return snapped(
      reckoned,
      end,
      [...known.map(({ start }) => start), ...known.map((span) => span.end), ...anchors],
      slack,
    )
  }
  const after = (start: number): number => {
    const same = known.find((span) => span.start === start)
    if (same !== undefined) return same.end
    if (trialEnd !== null && start === first) return trialEnd
    if (term === null) return start + length
    for (const anchor of anchors) {
      const times = start === anchor ? 0 : termsBetween(anchor, start, term)
      if (times !== null) return plusTerms(anchor, term, times + 1)
    }
    return plusTerms(start, term, 1)
  }
  const boundary = (limit: number): number => {
    let found = known.findLast(({ start }) => start <= limit)?.start ?? first
    for (let spans = 0; spans < MOST_SPANS; spans += 1) {
      const next = after(found)
      if (next > limit) break
      found = next
    }
    return found
  }
  const tolerance = Math.min(HOUR, Math.floor(length / 10))
  return {
    before,
    after,
    boundary,
    slack,
    tolerance,
    trialEnd,
    isWhole: (lasts) => term === null || lasts >= (length * 7) / 8,
  }
}

function reckonedStart(end: number, term: Term, anchors: readonly number[]): number {
  for (const anchor of anchors) {
    const times = termsBetween(anchor, end, term)
    if (times !== null) return plusTerms(anchor, term, times - 1)
  }
  return plusTerms(end, term, -1)
}

/** A date that lies close to one that is known is that one: renewals need not come at the minute of the purchase. */
function snapped(at: number, end: number, dates: readonly number[], slack: number): number {
  return dates.find((date) => Math.abs(date - at) <= slack && date < end) ?? at
}

function latestBelow(end: number, known: readonly Span[], first: number): number {
  return Math.max(first, ...known.flatMap((span) => [span.start, span.end]).filter((date) => date < end))
}

/**
 * In tests a term lasts 5 to 30 minutes and renews four times at most, while the receipt names the term that was bought
 * (…/docs/app-testing/accelerated-subscriptions-time-table.html).
 */
function isAccelerated(receipt: Receipt, known: readonly Span[]): boolean {
  const { purchaseDate, renewalDate, cancelDate, freeTrialEndDate } = receipt
  const shown = Math.max(renewalDate ?? 0, cancelDate ?? 0, freeTrialEndDate ?? 0, known.at(-1)?.end ?? 0)
  return receipt.test && shown > purchaseDate && shown - purchaseDate < DAY
}

/** The shown length of a period where the term does not tell it. */
function lengthOf({ purchaseDate, renewalDate }: Receipt, known: readonly Span[]): number {
  const span = known.findLast((one) => !one.trial)
  if (span !== undefined) return span.end - span.start
  return renewalDate !== null && renewalDate > purchaseDate ? renewalDate - purchaseDate : GUESS
}

/** …/in-app-purchasing/iap-create-and-submit-iap-items.html: a free trial lasts one of these. */
const TRIALS: readonly Term[] = [
  { unit: 'days', count: 7 },
  { unit: 'days', count: 14 },
  { unit: 'months', count: 1 },
  { unit: 'months', count: 2 },
  { unit: 'months', count: 3 },
]

/**
 * The end of the trial, if there was one. A receipt tells it while the trial lasts; of one that is met when it has ended,
 * an end that lies a trial's length after the purchase, and no term's, shows it.
 */
function trialEndOf(receipt: Receipt, known: readonly Span[], term: Term | null, at: number): number | null {
  const { purchaseDate, freeTrialEndDate, cancelDate } = receipt
  const told = freeTrialEndDate ?? known.find((span) => span.trial)?.end ?? null
  if (told !== null) return told > purchaseDate ? told : null
  if (known.length > 0 || term === null || cancelDate === null || cancelDate > at) return null
  if (termsBetween(purchaseDate, cancelDate, term) !== null) return null
  return TRIALS.some((trial) => Math.abs(plusTerms(purchaseDate, trial, 1) - cancelDate) <= MINUTE) ? cancelDate : null
}
