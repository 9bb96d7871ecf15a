import { keepMark } from './expiry.ts'
import type { Fact } from './facts.ts'
import { compareHappenings, type Happening } from './happening.ts'
import { enterMoney, lateEntries } from './ledger.ts'
import { canonical, factKey, isCharge, mergeFacts } from './merge.ts'
import type { Observation, Snapshot } from './observation.ts'
import { type Announced, chargeOf, isBeyondMemory, type Purchase, type Terms, trim } from './purchase-state.ts'
import type { ChargeQuestion } from './terms.ts'
import { announcementOf, type Candidate, isPending, saysTheSame } from './timeline/candidate.ts'
import { deriveTimeline, isNumbered } from './timeline/timeline.ts'

/** What the caller knows beside the purchase. */
export interface ObserveContext {
  /** Facts dated from here on are announced, whatever path they came by (milliseconds). */
  readonly eventsFrom: number
  /** Commission, tax and exchange rate of a charge of this app, by what they depend on. */
  terms(charge: ChargeQuestion): Terms
}

/** A movement of money that the ledger does not have yet. */
export interface Entry {
  readonly entry: string
  /** history: no event announced it. correction: what the store told otherwise later. */
  readonly reason: 'charge' | 'refund' | 'reversal' | 'history' | 'correction'
  readonly transactionId: string
  readonly productId: string
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null
  readonly at: number
  readonly micros: number | null
  readonly currency: string | null
  readonly terms: Terms
  /** The happening that announces it, as `what|period|n`; null when nothing does. */
  readonly announcedBy: string | null
  /** The first amount of a movement that was entered without one. */
  readonly firstPrice?: true
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
    entries: [...entries, ...lateEntries(merged, observation.facts.filter(beyond), context)],
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

function sameState(a: Purchase, b: Purchase): boolean {
  return a.facts.length === b.facts.length && JSON.stringify(a) === JSON.stringify(b)
}
