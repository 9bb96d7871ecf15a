import type { ReceiptState } from './receipt.ts'
import {
  createDesk,
  type Desk,
  type SimulatedAmazonOptions,
  type SimulatedNotification,
  type World,
} from './simulator.ts'
import { type SimulatedSubscription, type SubscribeOptions, subscription } from './subscription.ts'
import type { Topic } from './topic.ts'

/** The Amazon Appstore of one app, played. */
export interface SimulatedAmazon {
  readonly options: SimulatedAmazonOptions
  readonly environment: 'production' | 'sandbox'
  readonly topic: Topic
  readonly notifications: readonly SimulatedNotification[]
  /** Every receipt as it is now. */
  readonly world: World
  subscribe(options: SubscribeOptions): SimulatedSubscription
  buyConsumable(options: BuyOptions): SimulatedPurchase
  buyEntitlement(options: BuyOptions): SimulatedPurchase
}

export interface BuyOptions {
  readonly product: string
  readonly at?: number
  readonly country?: string
  readonly beta?: boolean
}

/** Something that was bought once. Each act returns the notification that Amazon would send. */
export interface SimulatedPurchase {
  readonly id: string
  readonly opening: SimulatedNotification
  cancel(options?: { readonly at?: number }): SimulatedNotification
  /** From now on the service answers 410. */
  vanish(): void
}

export function createSimulatedAmazon(options: SimulatedAmazonOptions): SimulatedAmazon {
  const desk = createDesk(options)
  return {
    options,
    environment: options.environment ?? 'production',
    topic: desk.topic,
    notifications: desk.notifications,
    world: desk.world,
    subscribe: (of) => subscription(desk, of),
    buyConsumable: (of) => purchase(desk, 'CONSUMABLE', of),
    buyEntitlement: (of) => purchase(desk, 'ENTITLED', of),
  }
}

function purchase(desk: Desk, productType: 'CONSUMABLE' | 'ENTITLED', of: BuyOptions): SimulatedPurchase {
  const at = of.at ?? desk.now()
  const word = productType === 'CONSUMABLE' ? 'CONSUMABLE' : 'ENTITLEMENT'
  let state: ReceiptState = {
    receiptId: desk.nextReceiptId(productType === 'CONSUMABLE' ? '1:11' : '2:11'),
    user: desk.nextUser(),
    productType,
    productId: of.product,
    termSku: null,
    term: null,
    purchaseDate: at,
    trialEnd: null,
    end: null,
    autoRenewing: false,
    graceEnd: null,
    cancel: null,
    deferred: null,
    promotions: null,
    country: of.country ?? 'US',
    beta: of.beta ?? false,
    test: false,
    gone: false,
  }
  return {
    id: state.receiptId,
    opening: desk.notify({ type: `${word}_PURCHASED`, at, state }),
    cancel: (options = {}) => {
      const cancelledAt = options.at ?? desk.now()
      state = { ...state, cancel: { at: cancelledAt, reason: 1 } }
      return desk.notify({ type: `${word}_CANCELLED`, at: cancelledAt, state })
    },
    vanish: () => {
      state = { ...state, gone: true }
      desk.world.set(state.receiptId, state)
    },
  }
}
