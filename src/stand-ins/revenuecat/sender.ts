import { createEventDesk, type Draft, type SenderOptions, type SimulatedEvent } from './event.ts'
import {
  type At,
  type BuyOptions,
  buy,
  type FeedGrant,
  type FeedPurchase,
  type FeedSubscription,
  grant,
  type SubscribeOptions,
  subscribe,
} from './lives.ts'

export type { SimulatedEvent } from './event.ts'
export type { FeedGrant, FeedPurchase, FeedSubscription } from './lives.ts'

/** A sender of RevenueCat-shaped webhooks for one customer, and everything that it has made. */
export interface SimulatedSender {
  readonly events: readonly SimulatedEvent[]
  subscribe(options: SubscribeOptions): FeedSubscription
  buy(options: BuyOptions): FeedPurchase
  grant(options: At & { readonly entitlement: string; readonly until: number }): FeedGrant
  test(act: At): SimulatedEvent
  /** Purchases moved from one customer to another: told of the one who has them now. */
  transfer(act: At & { readonly from: readonly string[]; readonly to: readonly string[] }): SimulatedEvent
  /** Anything else. */
  tell(draft: Draft): SimulatedEvent
}

export function createSimulatedSender(options: SenderOptions = {}): SimulatedSender {
  const desk = createEventDesk(options)
  return {
    events: desk.events,
    subscribe: (subscribed) => subscribe(desk, subscribed),
    buy: (bought) => buy(desk, bought),
    grant: (granted) => grant(desk, granted),
    test: ({ at }) =>
      desk.tell({
        type: 'TEST',
        at,
        charge: {
          store: 'APP_STORE',
          environment: 'SANDBOX',
          transactionId: 'test',
          originalTransactionId: 'test',
          productId: 'test_product',
          periodType: 'NORMAL',
          purchasedAt: at,
          expirationAt: at + 7_200_000,
          price: 0,
          currency: null,
        },
      }),
    transfer: ({ at, from, to }) =>
      desk.tell({
        type: 'TRANSFER',
        at,
        charge: null,
        // A transfer has no customer of its own; JSON leaves these out.
        extra: {
          app_user_id: undefined,
          original_app_user_id: undefined,
          aliases: undefined,
          subscriber_attributes: undefined,
          environment: 'PRODUCTION',
          store: 'APP_STORE',
          transferred_from: from,
          transferred_to: to,
        },
      }),
    tell: (draft) => desk.tell(draft),
  }
}
