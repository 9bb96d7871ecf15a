import { addPeriod } from '../app-store/periods.ts'
import { paidJson, revenueJson } from './order-money.ts'
import { type Json, moneyJson, timeJson, type World } from './world.ts'

/** What is sold. Prices as decimals of the currency's unit, periods as ISO 8601 durations. */
export interface Plan {
  readonly product: string
  readonly basePlan: string
  readonly price: number
  readonly period: string
  readonly trial?: string
  /** A lower price for the first period. */
  readonly intro?: number
  readonly prepaid?: boolean
  readonly installments?: boolean
}

export interface Buyer {
  readonly owner: string | null
  readonly test: boolean
  readonly currency: string
  readonly country: string
  readonly promotionCode: string | null
  /** The first payment is being processed for long: its order shows no revenue. */
  readonly settlesLater: boolean
}

/** One item of a token. */
export interface ItemState {
  plan: Plan
  orderId: string | null
  phase: 'trial' | 'intro' | 'base'
  deferredTo: Plan | null
  removed: boolean
  replaces: { readonly product: string; readonly mode: string } | null
  priceIncrease: 'OUTSTANDING' | 'CONFIRMED' | null
}

/** One purchase token as Google keeps it. */
export interface TokenState {
  readonly token: string
  readonly linked: string | null
  readonly buyer: Buyer
  startTime: number | null
  state: string
  expiresAt: number
  /** The first order, whose name the renewals carry on. */
  firstOrder: string | null
  renewals: number
  items: ItemState[]
  ending: Json | null
  resumesAt: number | null
  pendingCancellation: boolean
  acknowledged: boolean
  /** Bought in the Play Store after the end of another one: whose that was, and its last token. */
  expired: { readonly owner: string | null; readonly token: string | null } | null
}

export function itemState(plan: Plan): ItemState {
  const phase = plan.trial !== undefined ? 'trial' : plan.intro !== undefined ? 'intro' : 'base'
  return { plan, orderId: null, phase, deferredTo: null, removed: false, replaces: null, priceIncrease: null }
}

function lengthOf(item: ItemState): string {
  return item.phase === 'trial' ? (item.plan.trial ?? item.plan.period) : item.plan.period
}

export function priceOf({ phase, plan }: ItemState): number {
  return phase === 'trial' ? 0 : phase === 'intro' ? (plan.intro ?? plan.price) : plan.price
}

/** Charges the items of a token: one order, whose period begins at `from`. `price` replaces the first item's. */
export function charge(world: World, state: TokenState, at: number, from: number, price?: number): string {
  const id = state.firstOrder === null ? world.nextOrder() : `${state.firstOrder}..${state.renewals}`
  if (state.firstOrder === null) state.firstOrder = id
  else state.renewals += 1
  const owned = state.items.filter((item) => !item.removed)
  const main = owned[0]
  if (main !== undefined) state.expiresAt = addPeriod(from, lengthOf(main))
  for (const item of owned) item.orderId = id
  putOrder(
    world,
    state,
    id,
    at,
    from,
    owned.map((item, index) => ({ item, price: index === 0 ? (price ?? priceOf(item)) : priceOf(item) })),
  )
  return id
}

function putOrder(
  world: World,
  { token, buyer, expiresAt, renewals }: TokenState,
  id: string,
  at: number,
  from: number,
  lines: readonly { readonly item: ItemState; readonly price: number }[],
): void {
  const total = lines.reduce((sum, { price }) => sum + price, 0)
  world.put('orders', id, {
    orderId: id,
    purchaseToken: token,
    state: 'PROCESSED',
    createTime: timeJson(at),
    lastEventTime: timeJson(at),
    buyerAddress: { buyerCountry: buyer.country },
    ...paidJson(total, buyer.currency),
    ...(buyer.settlesLater && renewals === 0 ? {} : revenueJson(total, buyer.currency)),
    orderDetails: { taxInclusive: true },
    orderHistory: { processedEvent: { eventTime: timeJson(at) } },
    lineItems: lines.map(({ item, price }) => ({
      productId: item.plan.product,
      productTitle: item.plan.product,
      ...paidJson(price, buyer.currency),
      subscriptionDetails: {
        basePlanId: item.plan.basePlan,
        offerPhase: { trial: 'FREE_TRIAL', intro: 'INTRODUCTORY', base: 'BASE' }[item.phase],
        servicePeriodStartTime: timeJson(from),
        servicePeriodEndTime: timeJson(expiresAt),
      },
    })),
  })
}

/** Shows a token as it stands now: purchases.subscriptionsv2. */
export function show(world: World, state: TokenState): void {
  const { buyer } = state
  const last = state.items.findLast((item) => item.orderId !== null)
  world.put('subscriptions', state.token, {
    kind: 'androidpublisher#subscriptionPurchaseV2',
    regionCode: buyer.country,
    subscriptionState: `SUBSCRIPTION_STATE_${state.state}`,
    acknowledgementState: `ACKNOWLEDGEMENT_STATE_${state.acknowledged ? 'ACKNOWLEDGED' : 'PENDING'}`,
    etag: String(world.notifications.length),
    ...(state.startTime === null ? {} : { startTime: timeJson(state.startTime) }),
    ...(last?.orderId == null ? {} : { latestOrderId: last.orderId }),
    ...(state.linked === null ? {} : { linkedPurchaseToken: state.linked }),
    ...(state.ending === null ? {} : { canceledStateContext: state.ending }),
    ...(state.state === 'PAUSED' && state.resumesAt !== null
      ? { pausedStateContext: { autoResumeTime: timeJson(state.resumesAt) } }
      : {}),
    ...(buyer.test ? { testPurchase: {} } : {}),
    ...(buyer.owner === null ? {} : { externalAccountIdentifiers: { obfuscatedExternalAccountId: buyer.owner } }),
    ...outOfAppJson(state),
    lineItems: state.items.flatMap((item) => itemJson(item, state)),
  })
}

/** Google shows it until the purchase is acknowledged. */
function outOfAppJson({ expired, acknowledged }: TokenState): Json {
  if (expired === null || acknowledged) return {}
  const { owner, token } = expired
  return {
    outOfAppPurchaseContext: {
      ...(owner === null ? {} : { expiredExternalAccountIdentifiers: { obfuscatedExternalAccountId: owner } }),
      ...(token === null ? {} : { expiredPurchaseToken: token }),
    },
  }
}

function itemJson(item: ItemState, state: TokenState): readonly Json[] {
  const { plan } = item
  const offerPhase = { trial: { freeTrial: {} }, intro: { introductoryPrice: {} }, base: { basePrice: {} } }[item.phase]
  const owned: Json = {
    productId: plan.product,
    ...(state.startTime === null ? {} : { expiryTime: timeJson(state.expiresAt) }),
    ...(item.orderId === null ? {} : { latestSuccessfulOrderId: item.orderId }),
    ...planJson(item, state),
    offerDetails: { basePlanId: plan.basePlan },
    offerPhase,
    ...(state.buyer.promotionCode === null
      ? {}
      : { signupPromotion: { vanityCode: { promotionCode: state.buyer.promotionCode } } }),
    ...(item.deferredTo === null ? {} : { deferredItemReplacement: { productId: item.deferredTo.product } }),
    ...(item.removed ? { deferredItemRemoval: {} } : {}),
    ...(item.replaces === null
      ? {}
      : { itemReplacement: { productId: item.replaces.product, replacementMode: item.replaces.mode } }),
  }
  if (item.deferredTo === null) return [owned]
  const next = {
    productId: item.deferredTo.product,
    offerDetails: { basePlanId: item.deferredTo.basePlan },
    autoRenewingPlan: { autoRenewEnabled: true },
  }
  return [owned, next]
}

function planJson({ plan, removed, priceIncrease }: ItemState, state: TokenState): Json {
  if (plan.prepaid === true) return { prepaidPlan: {} }
  const renews = state.state !== 'CANCELED' && state.state !== 'EXPIRED' && !removed
  return {
    autoRenewingPlan: {
      // Google leaves out what is false.
      ...(renews ? { autoRenewEnabled: true } : {}),
      recurringPrice: moneyJson(plan.price, state.buyer.currency),
      ...(priceIncrease === null
        ? {}
        : { priceChangeDetails: { priceChangeState: priceIncrease, priceChangeMode: 'PRICE_INCREASE' } }),
      ...(plan.installments === true
        ? {
            installmentDetails: {
              initialCommittedPaymentsCount: 12,
              ...(state.pendingCancellation ? { pendingCancellation: {} } : {}),
            },
          }
        : {}),
    },
  }
}
