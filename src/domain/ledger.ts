import { type ProductClass, productClassOf, type Tenure } from './commission/rule.ts'
import { tenureAt } from './commission/tenure.ts'
import type { Fact } from './facts.ts'
import type { Happening } from './happening.ts'
import { type ChargeFact, factKey, isCharge } from './merge.ts'
import type { Entry, ObserveContext } from './observe.ts'
import { type Announced, type Booked, chargeOf, type Ledgered, type Purchase, type Terms } from './purchase-state.ts'
import type { ChargeQuestion } from './terms.ts'
import { announcementOf, type Candidate, isPending } from './timeline/candidate.ts'
import { moneyOf } from './timeline/timeline.ts'

/**
 * The ledger of a purchase: append-only. Each movement of money has one entry that says what it was: the event's, or
 * `history` where no event announced it. What the store tells otherwise later is a `correction` with the difference.
 * Entries with an event add up to the events, the others with them to what the store says.
 */

export interface Entered {
  readonly ledgered: readonly Ledgered[]
  readonly entries: readonly Entry[]
}

type Movement = 'charge' | 'refund' | 'reversal'

/** Every charge, refund and reversal that the facts show and the ledger lacks or has otherwise, announced or not. */
export function enterMoney(
  purchase: Purchase,
  candidates: readonly Candidate[],
  announced: readonly Announced[],
  context: ObserveContext,
): Entered {
  const ledgered = [...purchase.ledgered]
  const entries: Entry[] = []
  const seen = new Set<number>()
  for (const candidate of candidates) {
    const movement = movementOf(candidate)
    const [fact] = candidate.run
    if (movement === null || fact === undefined || isPending(candidate)) continue
    const at = ledgered.findIndex((one) => candidate.run.some((told) => one.fact === moneyKey(movement, told)))
    // Two candidates of one movement, which only nonsense makes: the first stands.
    if (seen.has(at)) continue
    seen.add(at === -1 ? ledgered.length : at)
    const said = announcementOf(announced, candidate)
    const of: Moved = { candidate, movement, said, purchase, context }
    const charged = ledgered.find(({ entry }) => entry === `charge:${candidate.happening.period}`) ?? null
    const known = ledgered[at] ?? null
    const entered = known === null ? enterFirst(of, fact, charged) : { one: known, entries: [] }
    const told = announceEntered(of, entered.one)
    const corrected = correct(of, told.one, charged)
    if (known === null) ledgered.push(corrected.one)
    else ledgered[at] = corrected.one
    entries.push(...entered.entries, ...told.entries, ...corrected.entries)
  }
  return { ledgered, entries }
}

interface Moved {
  readonly candidate: Candidate
  readonly movement: Movement
  readonly said: Announced | null
  readonly purchase: Purchase
  readonly context: ObserveContext
}

interface Step {
  readonly one: Ledgered
  readonly entries: readonly Entry[]
}

/** A refund has the terms of its charge, whatever the store told since: in one piece the two events sum to nothing. */
function enterFirst(of: Moved, fact: Fact, charged: Ledgered | null): Step {
  const { candidate, movement, said, purchase, context } = of
  const { happening, n } = candidate
  const charge = chargeOf(purchase.facts, happening.period)
  const terms = charged?.terms ?? termsOfCharge(charge, questionOf(happening, charge, purchase), context)
  const entry = movement === 'charge' ? `charge:${happening.period}` : `${movement}:${happening.period}:${n ?? fact.at}`
  const { grossMicros: micros, currency } = happening
  const booked: Booked = { micros, currency, told: said !== null, corrections: 0 }
  const one = { entry, fact: moneyKey(movement, fact), period: happening.period, terms, booked }
  const reason = said === null ? 'history' : movement
  return { one, entries: [entryOf(candidate, { entry, reason, micros, currency, terms, said })] }
}

/** What history told and an event tells now: it leaves the line of what no event announced, and joins the events'. */
function announceEntered(of: Moved, one: Ledgered): Step {
  const { candidate, movement, said } = of
  const { booked } = one
  if (booked === undefined || booked.told || said === null) return { one, entries: [] }
  const { grossMicros: micros, currency } = candidate.happening
  const entry = `${one.entry}:told`
  const told = entryOf(candidate, { entry, reason: movement, micros, currency, terms: one.terms, said })
  if (micros === null) return { one: { ...one, booked: { ...booked, told: true } }, entries: [told] }
  const first = booked.micros === null ? { ...told, ...FIRST } : told
  const back = entryOf(candidate, {
    entry: `${one.entry}:untold`,
    reason: 'history',
    micros: negated(booked.micros ?? 0),
    currency: booked.currency,
    terms: booked.terms ?? one.terms,
    said: null,
  })
  const { terms: _, ...rest } = booked
  return {
    one: { ...one, booked: { ...rest, micros, currency, told: true } },
    entries: booked.micros === null || booked.micros === 0 ? [first] : [first, back],
  }
}

/**
 * Brings what is booked to what the facts say now. An amount is never made unknown again; figures that a later telling
 * leaves out stay. Another currency or other fractions take the whole amount back and enter it anew.
 */
function correct(of: Moved, one: Ledgered, charged: Ledgered | null): Step {
  const { happening } = of.candidate
  const { booked } = one
  const [micros, currency] = [happening.grossMicros, happening.currency]
  if (booked === undefined || micros === null) return { one, entries: [] }
  const anew = booked.currency !== currency
  const before = booked.terms ?? one.terms
  const terms = believedTerms(of, before, charged, anew)
  const otherTerms = anew || !sameTerms(before, terms)
  if (booked.micros === micros && (!otherTerms || micros === 0)) return { one, entries: [] }
  const name = `${one.entry}:c${booked.corrections + 1}`
  const entry = (suffix: string, amount: number, at: Terms, in_: string | null): Entry =>
    entryOf(of.candidate, {
      entry: name + suffix,
      reason: 'correction',
      micros: amount,
      currency: in_,
      terms: at,
      said: null,
    })
  const wasKnown = booked.micros !== null && booked.micros !== 0
  const entries =
    otherTerms || !wasKnown
      ? [
          ...(wasKnown ? [entry('-', negated(booked.micros ?? 0), before, booked.currency)] : []),
          ...(micros === 0
            ? []
            : [{ ...entry('+', micros, terms, currency), ...(booked.micros === null ? FIRST : {}) }]),
        ]
      : [entry('', micros - (booked.micros ?? 0), before, currency)]
  const { terms: _, ...rest } = booked
  const now: Booked = { ...rest, micros, currency, corrections: booked.corrections + 1 }
  // In another currency the events' terms are others too: the rate is that currency's.
  if (anew) return { one: { ...one, terms, booked: now }, entries }
  return { one: { ...one, booked: { ...now, terms } }, entries }
}

/** The terms that were, with the figures that the charge's teller names by now; those of a new currency by rule. */
function believedTerms(
  { candidate, movement, purchase, context }: Moved,
  before: Terms,
  charged: Ledgered | null,
  anew: boolean,
): Terms {
  const charge = chargeOf(purchase.facts, candidate.happening.period)
  if (movement !== 'charge' && charged !== null) return charged.booked?.terms ?? charged.terms
  if (anew) {
    const ruled = context.terms(questionOf(candidate.happening, charge, purchase))
    const { usdRate, rateDate, rateEstimated } = ruled
    return withFees({ ...before, usdRate, rateDate, rateEstimated }, charge)
  }
  return withFees(before, charge)
}

const FIRST = { firstPrice: true } as const

function sameTerms(a: Terms, b: Terms): boolean {
  return a.commissionPpm === b.commissionPpm && a.taxPpm === b.taxPpm && a.usdRate === b.usdRate
}

function negated(micros: number): number {
  return micros === 0 ? 0 : -micros
}

// ── terms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The terms frozen on the charge of a period: refunds and every event of the period use them. */
export function termsOf(ledgered: readonly Ledgered[], period: string): Terms | null {
  return ledgered.find((entry) => entry.entry === `charge:${period}`)?.terms ?? null
}

/** By rule, but for the figures that the charge's own teller names. */
function termsOfCharge(charge: ChargeFact | null, of: ChargeQuestion, context: ObserveContext): Terms {
  return withFees(context.terms(of), charge)
}

function withFees(terms: Terms, charge: ChargeFact | null): Terms {
  const { commissionPpm = null, taxPpm = null, commissionMicros = null, taxMicros = null } = charge?.fees ?? {}
  if (commissionPpm === null && taxPpm === null) return terms
  const commissionEstimated = commissionPpm === null && (terms.commissionEstimated ?? terms.estimated)
  const taxEstimated = taxPpm === null && (terms.taxEstimated ?? terms.estimated)
  const of = charge?.price?.micros ?? null
  const amounts =
    of === null || (commissionMicros === null && taxMicros === null) ? null : { commissionMicros, taxMicros }
  return {
    ...terms,
    commissionPpm: commissionPpm ?? terms.commissionPpm,
    taxPpm: taxPpm ?? terms.taxPpm,
    estimated: commissionEstimated || taxEstimated,
    commissionEstimated,
    taxEstimated,
    ...(amounts === null || of === null ? {} : { actual: { of, ...amounts } }),
  }
}

/** What the terms of a happening depend on. */
export function questionOf(
  happening: Pick<Happening, 'purchasedAt' | 'currency' | 'productId' | 'countryCode' | 'periodType'>,
  charge: ChargeFact | null,
  purchase: Pick<Purchase, 'key' | 'kind' | 'facts' | 'summary'>,
): ChargeQuestion {
  const kind = charge?.kind ?? (purchase.kind === 'one_time' ? 'one_time' : 'period')
  const productClass: ProductClass = productClassOf({ kind, periodType: happening.periodType })
  const tenure: Tenure =
    charge?.kind === 'period' ? tenureAt(charge, purchase.facts, purchase.summary?.served ?? null) : '<1y'
  const { purchasedAt: at, currency, productId, countryCode } = happening
  return { store: purchase.key.store, productId, at, currency, countryCode, productClass, tenure }
}

// ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function entryOf(
  { happening }: Candidate,
  told: Pick<Entry, 'entry' | 'reason' | 'micros' | 'currency' | 'terms'> & { readonly said: Announced | null },
): Entry {
  const { said, ...rest } = told
  return {
    ...rest,
    transactionId: happening.transactionId,
    productId: happening.productId,
    countryCode: happening.countryCode,
    // A charge belongs to the beginning of its period, however early its renewal is told.
    at: happening.what === 'purchase' ? happening.purchasedAt : happening.occurredAt,
    announcedBy: said === null ? null : `${said.what}|${said.period}|${said.n}`,
  }
}

function movementOf({ happening }: Candidate): Movement | null {
  if (happening.what === 'purchase') return 'charge'
  if (happening.what === 'refund') return 'refund'
  if (happening.what === 'refund_reversed') return 'reversal'
  return null
}

function moneyKey(movement: Movement, fact: Fact): string {
  return `${movement}|${factKey(fact)}`
}

/**
 * The charges of forgotten periods, and what went back of them: money only, announced by nothing. The ledger's own
 * uniqueness decides what it has already; their terms are by rule, since those that were frozen are forgotten too.
 */
export function lateEntries(
  purchase: Pick<Purchase, 'key' | 'kind'>,
  forgotten: readonly Fact[],
  context: ObserveContext,
): readonly Entry[] {
  return forgotten.filter(isCharge).flatMap((charge) => {
    const about = forgotten.filter((fact) => fact.period === charge.period && !isCharge(fact))
    const whole = { ...purchase, facts: forgotten, summary: null }
    return moneyOf(charge, about).flatMap((candidate) => {
      const [movement, fact] = [movementOf(candidate), candidate.run[0]]
      if (movement === null || fact === undefined || isPending(candidate)) return []
      const currency = charge.price?.currency ?? null
      const terms = termsOfCharge(charge, questionOf({ ...candidate.happening, currency }, charge, whole), context)
      const entry =
        movement === 'charge' ? `charge:${charge.period}` : `${movement}:${charge.period}:${candidate.n ?? fact.at}`
      const { grossMicros: micros } = candidate.happening
      return [
        entryOf(candidate, {
          entry,
          reason: 'history',
          micros,
          currency: candidate.happening.currency,
          terms,
          said: null,
        }),
      ]
    })
  })
}
