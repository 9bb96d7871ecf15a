import type { CancelReason, ExpirationReason } from '../../../src/domain/event.ts'
import type { PeriodType } from '../../../src/domain/purchase.ts'

export const DAY = 86_400_000
export const START = Date.UTC(2026, 9, 1, 9, 0, 0)

/** What is on sale. The price in micros of a US dollar, the length in whole days. */
export interface Plan {
  readonly product: string
  readonly micros: number
  readonly days: number
}

export type How = 'subscribe' | 'renew' | 'recover' | 'upgrade' | 'resubscribe' | 'resume'

/** One thing that truly happened. `at`: when (milliseconds); periods are named by their place in the chain, from 0. */
export type Act =
  | {
      readonly do: 'begin'
      readonly how: How
      /** When the store told of it: a renewal may be told hours before it begins. */
      readonly at: number
      readonly from: number
      readonly until: number
      readonly plan: Plan
      readonly periodType: PeriodType
      readonly micros: number
      readonly family: boolean
    }
  | { readonly do: 'cancel'; readonly at: number; readonly reason: CancelReason }
  | { readonly do: 'uncancel'; readonly at: number }
  | { readonly do: 'fail'; readonly at: number; readonly graceEndsAt: number | null }
  | { readonly do: 'grace_over'; readonly at: number }
  | { readonly do: 'expire'; readonly at: number; readonly reason: ExpirationReason }
  | { readonly do: 'choose'; readonly at: number; readonly plan: Plan }
  | {
      readonly do: 'refund'
      readonly at: number
      readonly period: number
      readonly refundId: string
      readonly percent: number
      readonly keepsAccess: boolean
    }
  | { readonly do: 'reverse'; readonly at: number; readonly period: number; readonly refundId: string }
  | { readonly do: 'extend'; readonly at: number; readonly days: number }
  | { readonly do: 'plan_pause'; readonly at: number; readonly resumesAt: number }
  | { readonly do: 'pause'; readonly at: number }
  | { readonly do: 'revoke'; readonly at: number }
  | {
      readonly do: 'nothing'
      readonly at: number
      readonly saying: 'price_increase' | 'price_accepted' | 'refund_declined'
    }

export type Begin = Extract<Act, { do: 'begin' }>

/** A step of a life before it is known what it can mean: three numbers, so that a failing life shrinks by itself. */
export interface Draw {
  readonly which: number
  /** Where in the time that is left, in thousandths. */
  readonly when: number
  readonly how: number
}

/** What a store is able to tell. The App Store has no pauses, no refund ids and one refund a period. */
export interface Powers {
  readonly pauses: boolean
  readonly refundsInPieces: boolean
  readonly olderRefunds: boolean
  readonly earlyRenewals: boolean
  readonly offInGrace: boolean
}

/** A life in words, one line an act. */
export function wordsOf(life: readonly Act[]): string {
  return life
    .map((act) => {
      const day = ((act.at - START) / DAY).toFixed(2).padStart(7)
      if (act.do !== 'begin') return `day ${day}  ${act.do} ${JSON.stringify({ ...act, do: undefined, at: undefined })}`
      const { how, plan, periodType, micros, from, until } = act
      const span = `${((from - START) / DAY).toFixed(2)}–${((until - START) / DAY).toFixed(2)}`
      return `day ${day}  ${how} ${plan.product} ${periodType} ${micros / 1e6} (days ${span})`
    })
    .join('\n')
}
