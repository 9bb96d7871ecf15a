import { keepMark } from './expiry.ts'
import type { Fact } from './facts.ts'
import { compareHappenings, type Happening } from './happening.ts'
import { type ChargeFact, canonical, factKey, isCharge, mergeFacts } from './merge.ts'
import type { Observation, Snapshot } from './observation.ts'
import {
  type Announced,
  chargeOf,
  isBeyondMemory,
  type Ledgered,
  type Purchase,
  type Terms,
  trim,
} from './purchase-state.ts'
import type { Candidate } from './timeline/candidate.ts'
import { deriveTimeline, isNumbered, moneyOf } from './timeline/timeline.ts'

/** What the caller knows beside the purchase. */
export interface ObserveContext {
  /** Facts dated from here on are announced, whatever path they came by (milliseconds). */
  readonly eventsFrom: number
  /** Commission, tax and exchange rate of a charge of this app, by its date and currency. */
  terms(charge: { readonly at: number; readonly currency: string | null }): Terms
}

/** A movement of money that the ledger does not have yet. */
export interface Entry {
  readonly entry: string
  readonly reason: 'charge' | 'refund' | 'reversal'
  readonly transactionId: string
  readonly productId: string
  readonly at: number
  readonly micros: number | null
  readonly currency: string | null
  readonly terms: Terms
  /** The happening that announces it, as `what|period|n`; null when nothing does. */
  readonly announcedBy: string | null
}

export interface Observed {
  readonly purchase: Purchase
  /** What was not announced before, in the order in which it is told. */
  readonly happenings: readonly Happening[]
  readonly entries: readonly Entry[]
  /** False when the observation told nothing new at all. */
  readonly changed: boolean
}

/**
 * Folds one observation into a purchase. State comes from the newest snapshot alone, facts merge in any order, and what
 * the merged facts yield and was not announced is announced, once.
 * Pure: the same observations in any order give the same purchase and the same happenings (numbers of one `what` in one
 * period may change places).
 */
export function observe(before: Purchase | null, observation: Observation, context: ObserveContext): Observed {
  const beyond = (fact: Fact): boolean => isBeyondMemory(fact, before, observation.facts)
  const remembered = observation.facts.filter((fact) => !beyond(fact))
  const merged = keepMark(mergePurchase(before, observation, remembered), before?.unverifiedSince)
  const candidates = deriveTimeline(merged)
  const { announced, happenings } = announce(merged, candidates, context.eventsFrom)
  const { ledgered, entries } = enterMoney(merged, candidates, announced, context)
  const purchase = trim({ ...merged, announced, ledgered }, (periods) => isNumbered(merged, periods))
  return {
    purchase,
    happenings: [...happenings].sort(compareHappenings),
    entries: [...entries, ...lateEntries(observation.facts.filter(beyond), context)],
    changed: before === null || happenings.length > 0 || entries.length > 0 || !sameState(before, purchase),
  }
}

function mergePurchase(before: Purchase | null, observation: Observation, facts: readonly Fact[]): Purchase {
  const upTo = observation.history === 'complete' ? historyEnd(observation.facts) : null
  return {
    key: observation.key,
    appId: before?.appId ?? observation.appId,
    kind: before?.kind ?? observation.kind,
    snapshot: newerSnapshot(before?.snapshot ?? null, observation.snapshot),
    facts: mergeFacts(before?.facts ?? [], facts),
    announced: before?.announced ?? [],
    ledgered: before?.ledgered ?? [],
    summary: before?.summary ?? null,
    historyUpTo: upTo === null ? (before?.historyUpTo ?? null) : Math.max(before?.historyUpTo ?? upTo, upTo),
    historyUnavailable: (before?.historyUnavailable ?? false) || observation.history === 'unavailable',
    owner: before?.owner ?? observation.owner,
    ...offeringOf(before, observation),
  }
}

function offeringOf(before: Purchase | null, observation: Observation): Pick<Purchase, 'presentedOfferingId'> {
  const presentedOfferingId = before?.presentedOfferingId ?? observation.presentedOfferingId
  return presentedOfferingId === undefined ? {} : { presentedOfferingId }
}

/** A complete history tells everything up to its newest transaction. */
function historyEnd(facts: readonly Fact[]): number | null {
  const times = facts.filter(isCharge).map((fact) => fact.at)
  return times.length === 0 ? null : Math.max(...times)
}

/** The greater version; equal versions by content, so that two copies in any order give one. */
export function newerSnapshot(a: Snapshot | null, b: Snapshot | null): Snapshot | null {
  if (a === null || b === null) return a ?? b
  if (a.version !== b.version) return a.version > b.version ? a : b
  return canonical(a) >= canonical(b) ? a : b
}

// ── announcing ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What was announced for a switch that now tells nothing (it turns out to lie after an end) stands for the next
 * cancellation or uncancellation of its period: rather one event too few than the same one twice.
 */
function announce(
  purchase: Purchase,
  candidates: readonly Candidate[],
  eventsFrom: number,
): { readonly announced: readonly Announced[]; readonly happenings: readonly Happening[] } {
  const announced = [...purchase.announced]
  const happenings: Happening[] = []
  const orphans = purchase.announced.filter(
    (one) =>
      (one.what === 'cancel' || one.what === 'uncancel') &&
      !candidates.some((candidate) => saysTheSame(one, candidate)),
  )
  for (const candidate of candidates) {
    if (isPending(candidate)) continue
    const { what, period } = candidate.happening
    if (announcementOf(announced, candidate) !== null) continue
    const fact = candidate.run.find((one) => mayAnnounce(one, candidate, purchase, eventsFrom))
    if (fact === undefined) continue
    const orphan = orphans.findIndex((one) => one.what === what && one.period === period)
    if (orphan !== -1) {
      orphans.splice(orphan, 1)
      continue
    }
    const n = candidate.n ?? freeNumber(announced, what, period)
    announced.push({ what, period, n, fact: factKey(fact) })
    happenings.push({ ...candidate.happening, n })
  }
  return { announced, happenings }
}

/** A charge that was only mentioned so far: its own message, which knows the price, tells it. */
function isPending({ run }: Candidate): boolean {
  return run.some((fact) => isCharge(fact) && fact.mentioned === true)
}

/** A run that holds an announced fact is announced; a numbered one (a charge, a store's refund id) by its number. */
function announcementOf(announced: readonly Announced[], candidate: Candidate): Announced | null {
  return announced.find((one) => saysTheSame(one, candidate)) ?? null
}

function saysTheSame(one: Announced, { happening, n, run }: Candidate): boolean {
  if (one.what !== happening.what || one.period !== happening.period) return false
  return n === null ? run.some((fact) => factKey(fact) === one.fact) : one.n === n
}

function freeNumber(announced: readonly Announced[], what: string, period: string): string {
  const taken = new Set(announced.filter((one) => one.what === what && one.period === period).map((one) => one.n))
  let n = 1
  while (taken.has(String(n))) n += 1
  return String(n)
}

/**
 * A notification's own fact always; any other that is dated at or after `eventsFrom`. What is only concluded from a later
 * state (a cancellation that its expiration shows) counts when the whole period lies after it: before that, its own
 * message may have come to whoever listened then.
 */
function mayAnnounce(fact: Fact, candidate: Candidate, purchase: Purchase, eventsFrom: number): boolean {
  const concluded = fact.inferred || (fact.kind === 'ended' && candidate.happening.what !== 'expire')
  if (!concluded) return fact.own || fact.at >= eventsFrom
  const began = chargeOf(purchase.facts, fact.period)?.at
  return began !== undefined && began >= eventsFrom && fact.at >= eventsFrom
}

// ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Every charge, refund and reversal that the facts show and the ledger lacks, announced or not. */
function enterMoney(
  purchase: Purchase,
  candidates: readonly Candidate[],
  announced: readonly Announced[],
  context: ObserveContext,
): { readonly ledgered: readonly Ledgered[]; readonly entries: readonly Entry[] } {
  const ledgered = [...purchase.ledgered]
  const entries: Entry[] = []
  for (const candidate of candidates) {
    const reason = entryReason(candidate)
    if (reason === null || isPending(candidate)) continue
    const { happening, run } = candidate
    const fact = run[0]
    if (fact === undefined || run.some((one) => ledgered.some((entry) => entry.fact === moneyKey(reason, one))))
      continue
    const known = termsOf(ledgered, happening.period)
    const terms = known ?? newTerms(chargeOf(purchase.facts, happening.period), chargeTerms(happening), context)
    const said = announcementOf(announced, candidate)
    const entry = entryOf(candidate, reason, fact, terms, said)
    ledgered.push({ entry: entry.entry, fact: moneyKey(reason, fact), period: happening.period, terms })
    entries.push(entry)
  }
  return { ledgered, entries }
}

function entryOf(
  { happening, n }: Candidate,
  reason: Entry['reason'],
  fact: Fact,
  terms: Terms,
  said: Announced | null,
): Entry {
  return {
    entry: reason === 'charge' ? `charge:${happening.period}` : `${reason}:${happening.period}:${n ?? fact.at}`,
    reason,
    transactionId: happening.transactionId,
    productId: happening.productId,
    at: happening.occurredAt,
    micros: happening.grossMicros,
    currency: happening.currency,
    terms,
    announcedBy: said === null ? null : `${said.what}|${said.period}|${said.n}`,
  }
}

function entryReason({ happening }: Candidate): Entry['reason'] | null {
  if (happening.what === 'purchase') return 'charge'
  if (happening.what === 'refund') return 'refund'
  if (happening.what === 'refund_reversed') return 'reversal'
  return null
}

function moneyKey(reason: Entry['reason'], fact: Fact): string {
  return `${reason}|${factKey(fact)}`
}

/** The terms frozen on the charge of a period: refunds and every event of the period use them. */
export function termsOf(ledgered: readonly Ledgered[], period: string): Terms | null {
  return ledgered.find((entry) => entry.entry === `charge:${period}`)?.terms ?? null
}

/** By rule, but for the fractions that the charge's own teller names. */
function newTerms(
  charge: ChargeFact | null,
  of: Parameters<ObserveContext['terms']>[0],
  context: ObserveContext,
): Terms {
  const ruled = context.terms(of)
  const { commissionPpm = null, taxPpm = null } = charge?.fees ?? {}
  if (commissionPpm === null && taxPpm === null) return ruled
  return {
    ...ruled,
    commissionPpm: commissionPpm ?? ruled.commissionPpm,
    taxPpm: taxPpm ?? ruled.taxPpm,
    estimated: commissionPpm === null || taxPpm === null,
  }
}

function chargeTerms(happening: Omit<Happening, 'n'>): Parameters<ObserveContext['terms']>[0] {
  return { at: happening.purchasedAt, currency: happening.currency }
}

/**
 * The charges of forgotten periods, and what went back of them: money only. The ledger's own uniqueness decides what it
 * has already; their terms are by rule, since those that were frozen are forgotten too.
 */
function lateEntries(forgotten: readonly Fact[], context: ObserveContext): readonly Entry[] {
  return forgotten.filter(isCharge).flatMap((charge) => {
    const about = forgotten.filter((fact) => fact.period === charge.period && !isCharge(fact))
    const terms = newTerms(charge, { at: charge.at, currency: charge.price?.currency ?? null }, context)
    return moneyOf(charge, about).flatMap((candidate) => {
      const [reason, fact] = [entryReason(candidate), candidate.run[0]]
      return reason === null || fact === undefined || isPending(candidate)
        ? []
        : [entryOf(candidate, reason, fact, terms, null)]
    })
  })
}

function sameState(a: Purchase, b: Purchase): boolean {
  return a.facts.length === b.facts.length && JSON.stringify(a) === JSON.stringify(b)
}
