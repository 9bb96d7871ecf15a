import type { Fact, OneTimeFact, PeriodFact } from '../../../src/domain/facts.ts'
import type { Happening } from '../../../src/domain/happening.ts'
import type { Observation, Snapshot } from '../../../src/domain/observation.ts'
import { type Entry, type ObserveContext, observe } from '../../../src/domain/observe.ts'
import type { PurchaseKey } from '../../../src/domain/purchase.ts'
import type { Purchase } from '../../../src/domain/purchase-state.ts'
import { context, DAY, START } from './play.ts'

/** Facts as a store's folder would make them, written by hand: for what the App Store does not tell. */
export const KEY: PurchaseKey = {
  projectId: 'acme',
  store: 'play_store',
  environment: 'production',
  chain: 'chain-1',
  line: '',
}

const OWN = { own: true, inferred: false } as const
export const TOLD = { own: false, inferred: false } as const
export const SHOWN = { own: false, inferred: true } as const

export function usd(micros: number): { readonly micros: number; readonly currency: string } {
  return { micros, currency: 'USD' }
}

/** A month from day 0, bought by its own message, the first of its chain. */
export function period(over: Partial<PeriodFact> = {}): PeriodFact {
  const at = over.at ?? START
  return {
    kind: 'period',
    at,
    period: 'p1',
    ...OWN,
    version: at,
    productId: 'com.acme.monthly',
    periodType: 'NORMAL',
    expiresAt: at + 30 * DAY,
    price: usd(9_990_000),
    isFamilyShare: false,
    countryCode: null,
    offerCode: null,
    firstOfChain: (over.period ?? 'p1') === 'p1',
    replaced: false,
    byChange: false,
    startsCancelled: false,
    originalTransactionId: 'p1',
    ...over,
  }
}

export function oneTime(over: Partial<OneTimeFact> = {}): OneTimeFact {
  return {
    kind: 'one_time',
    at: START,
    period: 'o1',
    ...OWN,
    version: START,
    productId: 'com.acme.coins',
    periodType: 'NORMAL',
    expiresAt: null,
    price: usd(1_990_000),
    isFamilyShare: false,
    countryCode: null,
    offerCode: null,
    originalTransactionId: 'o1',
    ...over,
  }
}

type Of<K extends Fact['kind']> = Extract<Fact, { kind: K }>
type About<K extends Fact['kind']> = Partial<Of<K>> & { readonly at: number }

export function switched(on: boolean, over: About<'renewal_switch'>): Fact {
  return { kind: 'renewal_switch', period: 'p1', ...OWN, on, reason: on ? 'UNKNOWN' : 'UNSUBSCRIBE', ...over }
}

export function failed(over: About<'billing_failed'>): Fact {
  return { kind: 'billing_failed', period: 'p1', ...OWN, graceEndsAt: null, ...over }
}

export function ended(over: About<'ended'>): Fact {
  return { kind: 'ended', period: 'p1', ...OWN, reason: 'UNSUBSCRIBE', implies: 'cancelled', ...over }
}

export function restored(over: About<'restored'>): Fact {
  return { kind: 'restored', period: 'p1', ...OWN, ...over }
}

export function refunded(over: About<'refund'>): Of<'refund'> {
  return {
    kind: 'refund',
    period: 'p1',
    ...OWN,
    refundId: '',
    share: 1_000_000,
    amount: null,
    ofLatest: null,
    keepsAccess: false,
    ...over,
  }
}

export function reversed(over: About<'refund_reversed'>): Fact {
  return { kind: 'refund_reversed', period: 'p1', ...OWN, refundId: '', ...over }
}

export function chosen(productId: string, over: About<'change_requested'>): Fact {
  return { kind: 'change_requested', period: 'p1', ...OWN, productId, ...over }
}

export function extended(expiresAt: number, over: About<'extended'>): Fact {
  return { kind: 'extended', period: 'p1', ...OWN, expiresAt, ...over }
}

export function pausePlanned(resumesAt: number | null, over: About<'pause_scheduled'>): Fact {
  return { kind: 'pause_scheduled', period: 'p1', ...OWN, resumesAt, ...over }
}

export function snapshot(over: Partial<Snapshot> & { readonly version: number }): Snapshot {
  return { status: 'active', autoRenew: true, pendingProductId: null, graceEndsAt: null, resumesAt: null, ...over }
}

export function observed(facts: readonly Fact[], over: Partial<Observation> = {}): Observation {
  return {
    key: KEY,
    appId: 'android',
    kind: facts.some((fact) => fact.kind === 'one_time') ? 'one_time' : 'subscription',
    snapshot: null,
    facts,
    owner: null,
    history: 'partial',
    ...over,
  }
}

export interface Folded {
  readonly purchase: Purchase
  readonly happenings: readonly Happening[]
  readonly entries: readonly Entry[]
}

/** Folds observations one after the other, on top of what was folded before. */
export function fold(
  observations: readonly Observation[],
  options: { readonly from?: Purchase; readonly context?: ObserveContext } = {},
): Folded {
  let purchase: Purchase | null = options.from ?? null
  const happenings: Happening[] = []
  const entries: Entry[] = []
  for (const one of observations) {
    const result = observe(purchase, one, options.context ?? context)
    purchase = result.purchase
    happenings.push(...result.happenings)
    entries.push(...result.entries)
  }
  if (purchase === null) throw new Error('Fold at least one observation.')
  return { purchase, happenings, entries }
}

/** "CANCELLATION CUSTOMER_SUPPORT -9990000 #1": type, reason, money, number. */
export function lines(happenings: readonly Happening[]): readonly string[] {
  return happenings.map((one) => {
    const reason = one.cancelReason ?? one.expirationReason
    const money = one.grossMicros === 0 ? '' : ` ${one.grossMicros ?? 'unknown'}`
    return `${one.type}${one.isTrialConversion === true ? ' converted' : ''}${reason === null ? '' : ` ${reason}`}${money} #${one.n}`
  })
}
