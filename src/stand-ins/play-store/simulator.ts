import { paidJson, revenueJson } from './order-money.ts'
import { returnMoney, tellVoided } from './refunds.ts'
import { createSubscription } from './subscription.ts'
import type { At, SimulatedSubscription, SubscribeOptions } from './subscription-acts.ts'
import { createWorld, type SimulatedNotification, timeJson, type View, type World } from './world.ts'

export interface BuyOptions extends At {
  readonly product: string
  readonly price: number
  readonly quantity?: number
  readonly owner?: string
  readonly test?: boolean
  readonly currency?: string
  readonly country?: string
  readonly pending?: boolean
}

/** One one-time purchase of one customer. */
export interface SimulatedPurchase {
  readonly id: string
  readonly token: string
  readonly orderId: string
  /** ONE_TIME_PRODUCT_PURCHASED, also while its payment is pending. */
  readonly opening: SimulatedNotification
  complete(act?: At): SimulatedNotification
  /** ONE_TIME_PRODUCT_CANCELED: a pending payment that was given up. */
  giveUp(act?: At): SimulatedNotification
  /** A voided purchase; `amount`: a part of a quantity. */
  refund(act?: At & { readonly amount?: number }): SimulatedNotification
}

/** One app at Google Play: what its customers do, what the API shows, what Google tells. */
export interface SimulatedPlay {
  readonly packageName: string
  readonly notifications: readonly SimulatedNotification[]
  view(): View
  subscribe(options: SubscribeOptions): SimulatedSubscription
  buy(options: BuyOptions): SimulatedPurchase
  /** "Send test notification" of Play Console. */
  test(act?: At): SimulatedNotification
  /** A charged-back purchase that Google asks about before it decides. */
  refundReview(orderId: string, act?: At): SimulatedNotification
  /** Any content, for kinds that nobody knows yet. */
  tell(name: string, about: Readonly<Record<string, unknown>>, act?: At): SimulatedNotification
}

export function createSimulatedPlay(options: {
  readonly packageName: string
  readonly now?: () => number
}): SimulatedPlay {
  const world = createWorld(options.packageName, options.now ?? Date.now)
  return {
    packageName: world.packageName,
    notifications: world.notifications,
    view: () => world.view(),
    subscribe: (of) => createSubscription(world, of),
    buy: (of) => createPurchase(world, of),
    test: (act = {}) => world.tell('TEST', '', act.at ?? world.now(), { testNotification: { version: '1.0' } }),
    refundReview: (orderId, act = {}) =>
      world.tell('PENDING_REFUND_REVIEW', '', act.at ?? world.now(), {
        pendingRefundReviewNotification: { version: '1.0', pendingRefundToken: 'review-1', orderId, refundReason: 7 },
      }),
    tell: (name, about, act = {}) => world.tell(name, '', act.at ?? world.now(), about),
  }
}

function createPurchase(world: World, options: BuyOptions): SimulatedPurchase {
  const token = world.nextToken()
  const orderId = world.nextOrder()
  const put = (state: 'PURCHASED' | 'PENDING' | 'CANCELLED', completedAt: number | null): void =>
    world.put('products', token, productJson(options, orderId, state, completedAt))
  const say = (type: 1 | 2, at: number): SimulatedNotification =>
    world.tell(`ONE_TIME_PRODUCT_${type === 1 ? 'PURCHASED' : 'CANCELED'}`, token, at, {
      oneTimeProductNotification: {
        version: '1.0',
        notificationType: type,
        purchaseToken: token,
        sku: options.product,
      },
    })
  const complete = (at: number): SimulatedNotification => {
    put('PURCHASED', at)
    world.put('orders', orderId, orderJson(options, token, orderId, at))
    return say(1, at)
  }
  const at = options.at ?? world.now()
  const pending = (): SimulatedNotification => {
    put('PENDING', null)
    return say(1, at)
  }
  return {
    id: token,
    token,
    orderId,
    opening: options.pending === true ? pending() : complete(at),
    complete: (act = {}) => complete(act.at ?? world.now()),
    giveUp: (act = {}) => {
      put('CANCELLED', null)
      return say(2, act.at ?? world.now())
    },
    refund: (act = {}) => {
      const when = act.at ?? world.now()
      returnMoney(world, orderId, when, act.amount ?? null)
      return tellVoided(world, orderId, when, 2, act.amount === undefined ? 1 : 2)
    },
  }
}

function productJson(options: BuyOptions, orderId: string, state: string, completedAt: number | null) {
  return {
    kind: 'androidpublisher#productPurchaseV2',
    orderId,
    ...(completedAt === null ? {} : { purchaseCompletionTime: timeJson(completedAt) }),
    purchaseStateContext: { purchaseState: state },
    acknowledgementState: 'ACKNOWLEDGEMENT_STATE_PENDING',
    regionCode: options.country ?? 'US',
    ...(options.owner === undefined ? {} : { obfuscatedExternalAccountId: options.owner }),
    ...(options.test === true ? { testPurchaseContext: { fopType: 'TEST' } } : {}),
    productLineItem: [
      {
        productId: options.product,
        productOfferDetails: { quantity: options.quantity ?? 1, refundableQuantity: options.quantity ?? 1 },
      },
    ],
  }
}

function orderJson(options: BuyOptions, token: string, orderId: string, at: number) {
  const currency = options.currency ?? 'USD'
  const total = options.price * (options.quantity ?? 1)
  return {
    orderId,
    purchaseToken: token,
    state: 'PROCESSED',
    createTime: timeJson(at),
    lastEventTime: timeJson(at),
    buyerAddress: { buyerCountry: options.country ?? 'US' },
    ...paidJson(total, currency),
    ...revenueJson(total, currency),
    orderDetails: { taxInclusive: true },
    orderHistory: { processedEvent: { eventTime: timeJson(at) } },
    lineItems: [
      {
        productId: options.product,
        ...paidJson(total, currency),
        oneTimePurchaseDetails: { quantity: options.quantity ?? 1 },
      },
    ],
  }
}
