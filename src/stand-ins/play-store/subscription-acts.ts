import type { Plan } from './token.ts'
import type { SimulatedNotification } from './world.ts'

export interface At {
  /** When it happens (milliseconds); each act has a natural time. */
  readonly at?: number
}

export interface SubscribeOptions extends Plan, At {
  readonly owner?: string
  /** By a license tester. */
  readonly test?: boolean
  readonly currency?: string
  readonly country?: string
  readonly promotionCode?: string
  readonly addOns?: readonly Plan[]
  /** The first payment is not made yet (cash at a shop). */
  readonly pending?: boolean
  /** The first payment is made and still being processed: Google shows no revenue of it. */
  readonly settlesLater?: boolean
  /** Bought again in the Play Store after the end: whose the expired purchase was … */
  readonly expiredOwner?: string
  /** … and its last token. */
  readonly expiredToken?: string
}

/** A change that began another token: its own notification, and what Google then says about the one before. */
export interface Replacement {
  readonly opening: SimulatedNotification
  /** SUBSCRIPTION_CANCELED and SUBSCRIPTION_EXPIRED of the token that was replaced. */
  readonly farewell: readonly SimulatedNotification[]
}

/**
 * One subscription of one customer as Google keeps it. Every act moves what the API shows and returns the notification
 * that Google would send. A change of plan goes on under a token of its own.
 */
export interface SimulatedSubscription {
  /** The first token: its name. */
  readonly id: string
  /** The token in force. */
  readonly token: string
  readonly expiresAt: number
  readonly latestOrder: string
  readonly opening: SimulatedNotification
  /** SUBSCRIPTION_PURCHASED of a payment that was pending. */
  complete(act?: At): SimulatedNotification
  /** SUBSCRIPTION_PENDING_PURCHASE_CANCELED. */
  giveUp(act?: At): SimulatedNotification
  /** SUBSCRIPTION_RENEWED at the end of the period. */
  renew(act?: At): SimulatedNotification
  /** SUBSCRIPTION_CANCELED. */
  cancel(act?: At & { readonly by?: 'user' | 'system' | 'developer' }): SimulatedNotification
  /** SUBSCRIPTION_RESTARTED. */
  restart(act?: At): SimulatedNotification
  /** SUBSCRIPTION_IN_GRACE_PERIOD for so many days. */
  grace(act?: At & { readonly days?: number }): SimulatedNotification
  /** SUBSCRIPTION_ON_HOLD: at the end of grace, or after a day of silent grace. */
  hold(act?: At): SimulatedNotification
  /** SUBSCRIPTION_RENEWED in grace, SUBSCRIPTION_RECOVERED from hold or pause. */
  recover(act?: At): SimulatedNotification
  /** SUBSCRIPTION_EXPIRED. */
  expire(act?: At): SimulatedNotification
  /** SUBSCRIPTION_PAUSE_SCHEDULE_CHANGED. */
  schedulePause(act?: At): SimulatedNotification
  /** SUBSCRIPTION_PAUSED at the end of the period. */
  pause(act?: At & { readonly until?: number }): SimulatedNotification
  /** SUBSCRIPTION_DEFERRED by so many days. */
  defer(days: number, act?: At): SimulatedNotification
  /** Another plan, at once or from the end of the period; `charged` is what an immediate change costs now. */
  change(plan: Plan, act?: At & { readonly deferred?: boolean; readonly charged?: number }): Replacement
  /** The same plan bought again in the app while it is cancelled and not over. */
  signUpAgain(act?: At): Replacement
  /** A prepaid plan is extended. */
  topUp(act?: At): Replacement
  /** Bought in the Play Store after the end: a subscription of its own, which shows this one until it is acknowledged. */
  resubscribe(plan?: Plan, act?: At): SimulatedSubscription
  /** The app has given what was bought. Google tells nobody. */
  acknowledge(): void
  /** SUBSCRIPTION_REVOKED: refunded, and over. */
  revoke(act?: At): SimulatedNotification
  /** A voided purchase: the charge goes back, or a part of it. */
  refund(act?: At & { readonly order?: string; readonly amount?: number }): SimulatedNotification
  /** SUBSCRIPTION_ITEMS_CHANGED: an add-on, charged at once to the end of the running period. */
  addItem(plan: Plan, act?: At): SimulatedNotification
  /** SUBSCRIPTION_ITEMS_CHANGED: an add-on that goes at the end of the period. */
  removeItem(product: string, act?: At): SimulatedNotification
  /** SUBSCRIPTION_CANCELLATION_SCHEDULED of an installment plan. */
  scheduleCancellation(act?: At): SimulatedNotification
  /** SUBSCRIPTION_PRICE_CHANGE_UPDATED. */
  increasePrice(act?: At): SimulatedNotification
  /** Google forgets the token, as 60 days after its end. */
  forget(): void
  /** Any type, with the state as it is. */
  tell(type: number, act?: At): SimulatedNotification
}
