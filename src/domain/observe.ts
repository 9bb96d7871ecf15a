import type { Fact } from './facts.ts'
import { compareHappenings, type Happening } from './happening.ts'
import { factKey, isCharge, mergeFacts } from './merge.ts'
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
import { deriveTimeline } from './timeline/timeline.ts'

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
  const remembered = observation.facts.filter((fact) => !isBeyondMemory(fact, before))
  const merged = mergePurchase(before, observation, remembered)
  const candidates = deriveTimeline(merged)
  const { announced, happenings } = announce(merged, candidates, context.eventsFrom)
  const { ledgered, entries } = enterMoney(merged, candidates, announced, context)
  const forgotten = observation.facts.filter((fact) => isCharge(fact) && isBeyondMemory(fact, before))
  const purchase = trim({ ...merged, announced, ledgered })
  return {
    purchase,
    happenings: [...happenings].sort(compareHappenings),
    entries: [...entries, ...forgotten.flatMap((fact) => lateCharge(fact, context))],
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
  }
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
  return JSON.stringify(a) >= JSON.stringify(b) ? a : b
}

// ── announcing ──────────────────────────────────────────────────────────────────────────────────────────────────────

function announce(
  purchase: Purchase,
  candidates: readonly Candidate[],
  eventsFrom: number,
): { readonly announced: readonly Announced[]; readonly happenings: readonly Happening[] } {
  const announced = [...purchase.announced]
  const happenings: Happening[] = []
  for (const candidate of candidates) {
    const { what, period } = candidate.happening
    if (announcementOf(announced, candidate) !== null) continue
    const fact = candidate.run.find((one) => mayAnnounce(one, candidate, purchase, eventsFrom))
    if (fact === undefined) continue
    const n = candidate.n ?? freeNumber(announced, what, period)
    announced.push({ what, period, n, fact: factKey(fact) })
    happenings.push({ ...candidate.happening, n })
  }
  return { announced, happenings }
}

/** A run that holds an announced fact is announced; a numbered one (a charge, a store's refund id) by its number. */
function announcementOf(announced: readonly Announced[], candidate: Candidate): Announced | null {
  const { what, period } = candidate.happening
  for (const one of announced) {
    if (one.what !== what || one.period !== period) continue
    if (candidate.n === null ? candidate.run.some((fact) => factKey(fact) === one.fact) : one.n === candidate.n)
      return one
  }
  return null
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
    if (reason === null) continue
    const { happening, run } = candidate
    const fact = run[0]
    if (fact === undefined || run.some((one) => ledgered.some((entry) => entry.fact === moneyKey(reason, one))))
      continue
    const terms = termsOf(ledgered, happening.period) ?? context.terms(chargeTerms(happening))
    const entry =
      reason === 'charge' ? `charge:${happening.period}` : `${reason}:${happening.period}:${candidate.n ?? fact.at}`
    const said = announcementOf(announced, candidate)
    ledgered.push({ entry, fact: moneyKey(reason, fact), period: happening.period, terms })
    entries.push({
      entry,
      reason,
      transactionId: happening.transactionId,
      productId: happening.productId,
      at: happening.occurredAt,
      micros: happening.grossMicros,
      currency: happening.currency,
      terms,
      announcedBy: said === null ? null : `${said.what}|${said.period}|${said.n}`,
    })
  }
  return { ledgered, entries }
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

function chargeTerms(happening: Omit<Happening, 'n'>): Parameters<ObserveContext['terms']>[0] {
  return { at: happening.purchasedAt, currency: happening.currency }
}

/** A charge of a period whose facts were dropped: money only, and the ledger's own uniqueness decides. */
function lateCharge(fact: Fact, context: ObserveContext): readonly Entry[] {
  if (!isCharge(fact)) return []
  const currency = fact.price?.currency ?? null
  return [
    {
      entry: `charge:${fact.period}`,
      reason: 'charge',
      transactionId: fact.period,
      productId: fact.productId,
      at: fact.at,
      micros: fact.price?.micros ?? null,
      currency,
      terms: context.terms({ at: fact.at, currency }),
      announcedBy: null,
    },
  ]
}

function sameState(a: Purchase, b: Purchase): boolean {
  return a.facts.length === b.facts.length && JSON.stringify(a) === JSON.stringify(b)
}
