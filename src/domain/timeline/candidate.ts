import type { Fact, PeriodFact } from '../facts.ts'
import type { Happening } from '../happening.ts'
import { type ChargeFact, factKey, isCharge } from '../merge.ts'
import type { Announced } from '../purchase-state.ts'

/** Something that happened, with the facts that show it. `n` is null where observe gives the number. */
export interface Candidate {
  readonly happening: Omit<Happening, 'n'>
  readonly n: string | null
  /** A run of facts that tell the same state; whoever of them was announced announces the run. */
  readonly run: readonly Fact[]
}

/** A stretch of a period in which facts agree about one thing. */
export interface Run<Label extends string> {
  readonly label: Label
  readonly facts: readonly Fact[]
}

/** One period with its facts (in time order, its charge left out). */
export interface PeriodContext {
  readonly period: PeriodFact
  /** Position in the chain from 1, or null when its beginning is unknown. */
  readonly number: number | null
  readonly facts: readonly Fact[]
}

/** Neighbours with one label are one run; a first run that repeats the start is no change and is left out. */
export function runsOf<Label extends string>(
  labelled: readonly { readonly label: Label; readonly fact: Fact }[],
  start: Label,
): Run<Label>[] {
  const runs: { label: Label; facts: Fact[] }[] = []
  let current: { label: Label; facts: Fact[] } = { label: start, facts: [] }
  for (const { label, fact } of labelled) {
    if (label !== current.label) {
      current = { label, facts: [] }
      runs.push(current)
    }
    current.facts.push(fact)
  }
  return runs
}

export type About = Omit<Happening, 'n' | 'what' | 'type' | 'occurredAt' | 'grossMicros' | 'currency'>

export function about(charge: ChargeFact, renewalNumber: number | null): About {
  return {
    period: charge.period,
    productId: charge.productId,
    newProductId: null,
    periodType: charge.periodType,
    purchasedAt: charge.at,
    expiresAt: charge.expiresAt,
    gracePeriodExpiresAt: null,
    autoResumeAt: null,
    isTrialConversion: null,
    cancelReason: null,
    expirationReason: null,
    transactionId: charge.period,
    originalTransactionId: charge.originalTransactionId,
    isFamilyShare: charge.isFamilyShare,
    countryCode: charge.countryCode,
    offerCode: charge.offerCode,
    renewalNumber,
  }
}

export function charged(charge: ChargeFact): Pick<Happening, 'grossMicros' | 'currency'> {
  return { grossMicros: charge.price?.micros ?? null, currency: charge.price?.currency ?? null }
}

export function nothingMoved(charge: ChargeFact): Pick<Happening, 'grossMicros' | 'currency'> {
  return { grossMicros: 0, currency: charge.price?.currency ?? null }
}

/** A charge that was only mentioned so far: its own message, which knows the price, tells it. */
export function isPending({ run }: Candidate): boolean {
  return run.some((fact) => isCharge(fact) && fact.mentioned === true)
}

/** A run that holds an announced fact is announced; a numbered one (a charge, a store's refund id) by its number. */
export function announcementOf(announced: readonly Announced[], candidate: Candidate): Announced | null {
  return announced.find((one) => saysTheSame(one, candidate)) ?? null
}

export function saysTheSame(one: Announced, { happening, n, run }: Candidate): boolean {
  if (one.what !== happening.what || one.period !== happening.period) return false
  return n === null ? run.some((fact) => factKey(fact) === one.fact) : one.n === n
}
