import { chainName } from '../../domain/ids.ts'
import { BY_AMAZON, INTERNAL, REPLACED, type Receipt } from './receipt.ts'
import { type Rhythm, rhythmOf, type Span } from './rhythm.ts'

/** The periods of one receipt, from the first to the one that it is in or has ended in. */
export interface Course {
  readonly first: Span
  readonly current: Span
  readonly spans: readonly Span[]
  readonly standing: Standing
  readonly rhythm: Rhythm
}

/** `early`: it ended before its period did. `grace`: the renewal failed, access goes on. */
export type Standing = 'active' | 'grace' | 'ended' | 'ended early' | 'replaced'

/** What is known beside the receipt. */
export interface Known {
  readonly at: number
  /** Periods that were told before, in time order. */
  readonly spans: readonly Span[]
  /** When messages said that a period was charged. */
  readonly renewals: readonly number[]
  /** A message says that a trial was converted. */
  readonly converted: boolean
  /** When a charge was told to have failed, and until when access went on after it, where that was told. */
  readonly failures: readonly { readonly at: number; readonly graceEndsAt: number | null }[]
}

const DAY = 86_400_000
/** "A maximum of six days" was said once; a month is more than any grace. */
const LONGEST_GRACE = 32 * DAY
const MOST_SPANS = 1_500

export function courseOf(receipt: Receipt, known: Known): Course {
  const rhythm = rhythmOf(receipt, known.spans, known.at)
  const standing = isOver(receipt, known.at) ? 'ended' : inGrace(receipt, known.at) ? 'grace' : 'active'
  const end = standing === 'ended' ? endOfDead(receipt, known, rhythm) : endOfLiving(receipt, known, rhythm, standing)
  const spans = spansTo(end, receipt.purchaseDate, rhythm, known)
  const [first] = spans
  const current = spans.at(-1)
  if (first === undefined || current === undefined)
    throw new Error(`The dates of Amazon’s receipt ${chainName('amazon', receipt.receiptId)} make no period.`)
  return { first, current, spans, standing: standing === 'ended' ? ending(receipt, current, rhythm) : standing, rhythm }
}

function isOver({ cancelDate }: Receipt, at: number): boolean {
  return cancelDate !== null && cancelDate <= at
}

/** Amazon's own sample of a sandbox shows one date as the end of a trial and of a grace: no charge has failed there. */
function inGrace({ gracePeriodEndDate, freeTrialEndDate }: Receipt, at: number): boolean {
  const inTrial = freeTrialEndDate !== null && freeTrialEndDate > at
  return gracePeriodEndDate !== null && gracePeriodEndDate > at && !inTrial
}

function ending(receipt: Receipt, current: Span, rhythm: Rhythm): Standing {
  if (receipt.cancelReason === REPLACED) return 'replaced'
  return (receipt.cancelDate ?? current.end) < current.end - rhythm.tolerance ? 'ended early' : 'ended'
}

function endOfLiving(receipt: Receipt, known: Known, rhythm: Rhythm, standing: 'active' | 'grace'): number {
  const { purchaseDate, renewalDate, freeTrialEndDate } = receipt
  const { at } = known
  if (standing === 'grace') {
    // Whether the date that was missed or the next one stands in renewalDate meanwhile is not said.
    if (renewalDate !== null && renewalDate <= at) return renewalDate
    const due = rhythm.boundary(at)
    return due > purchaseDate ? due : (renewalDate ?? rhythm.after(purchaseDate))
  }
  if (freeTrialEndDate !== null && freeTrialEndDate > at) {
    const over = known.converted && renewalDate !== null && renewalDate > freeTrialEndDate
    return over ? renewalDate : freeTrialEndDate
  }
  return renewalDate ?? endWithoutDate(receipt, known, rhythm)
}

/**
 * Auto-renew is off, so Amazon names no date: the period is the one that holds this moment. Just after an end the receipt
 * may be a little behind, so a further period counts only when the receipt outlives its end by a while, or a message
 * says that it was charged.
 */
function endWithoutDate({ purchaseDate }: Receipt, known: Known, rhythm: Rhythm): number {
  const due = rhythm.boundary(known.at)
  if (due <= purchaseDate) return rhythm.after(purchaseDate)
  if (known.spans.some(({ start }) => start === due)) return rhythm.after(due)
  const charged = known.renewals.some((at) => at >= due - rhythm.slack)
  return charged || known.at - due >= rhythm.slack ? rhythm.after(due) : due
}

/**
 * The end that the period would have had in which a receipt was cancelled. A natural end is the date of the renewal that
 * did not come (…/iap-rvs-for-android-apps.html); one shortly after it, by Amazon, is a grace that ran out.
 */
function endOfDead(receipt: Receipt, known: Known, rhythm: Rhythm): number {
  const { purchaseDate, cancelReason } = receipt
  const over = receipt.cancelDate ?? known.at
  const due = rhythm.boundary(over + rhythm.tolerance)
  if (due <= purchaseDate) return rhythm.after(purchaseDate)
  if (Math.abs(over - due) <= rhythm.tolerance) return due
  const isNear = (at: number): boolean => Math.abs(at - due) <= rhythm.slack
  const failed = known.failures.find(({ at }) => at >= due - rhythm.slack && at <= over)
  const charged =
    known.spans.some(({ start }) => isNear(start)) || known.renewals.some((at) => at >= due - rhythm.slack)
  const byAmazon = cancelReason === BY_AMAZON || cancelReason === INTERNAL || cancelReason === 0
  // What outlived a grace was paid for; without its date Amazon's reason has to tell.
  const graceEnd = failed?.graceEndsAt ?? (byAmazon ? due + LONGEST_GRACE : due)
  return !charged && over <= graceEnd + rhythm.tolerance ? due : rhythm.after(due)
}

function spansTo(end: number, first: number, rhythm: Rhythm, known: Known): readonly Span[] {
  const spans: Span[] = []
  let upTo = end
  while (upTo > first && spans.length < MOST_SPANS) {
    const start = Math.max(first, rhythm.before(upTo))
    if (start >= upTo) break
    const trial = start === first && isTrial(upTo, first, rhythm, known)
    spans.push({ start, end: upTo, trial })
    upTo = start
  }
  return spans.reverse()
}

/** A first period that is shorter than its term, or was converted, was free. */
function isTrial(end: number, first: number, rhythm: Rhythm, known: Known): boolean {
  if (rhythm.trialEnd !== null) return end <= rhythm.trialEnd + rhythm.tolerance
  const told = known.spans.find(({ start }) => start === first)
  return told?.trial ?? (!rhythm.isWhole(end - first) || known.converted)
}

/** The period that holds a moment, as far as the receipt has got. */
export function spanAt({ spans, first }: Course, at: number): Span {
  return spans.findLast(({ start }) => start <= at) ?? first
}

/** The period that began with a charge which was told at this moment; null: none that the receipt allows. */
export function chargedAt({ spans, current, standing, rhythm }: Course, at: number): Span | null {
  if (standing === 'active' && at + rhythm.slack >= current.end)
    return { start: current.end, end: rhythm.after(current.end), trial: false }
  return spans.slice(1).findLast(({ start }) => start <= at + rhythm.slack) ?? null
}

/** The period whose renewal had failed at this moment; null: none that the receipt shows. */
export function failedAt({ spans, rhythm }: Course, at: number): Span | null {
  return spans.findLast(({ end }) => end <= at + rhythm.slack) ?? null
}
