import { type Json, partOf, partsOf, textOf, timeOf } from './json.ts'

/**
 * purchases.subscriptionsv2 as typed values (developers.google.com/android-publisher/api-ref/rest/v3/purchases.subscriptionsv2).
 * Times in milliseconds. A state or a phase that is new is kept as `unknown`.
 */
export interface Subscription {
  readonly state: State
  /** When it was granted; null while the first payment is pending. */
  readonly startTime: number | null
  readonly country: string | null
  /** The token that this one replaced: an upgrade, a re-signup, a top-up. */
  readonly linkedToken: string | null
  /** Bought in the Play Store after another one had ended: the last token of that one. Shown until it is acknowledged. */
  readonly expiredToken: string | null
  readonly isTest: boolean
  readonly owner: string | null
  readonly ending: Ending | null
  readonly resumesAt: number | null
  /** An installment plan whose cancellation waits for the end of the commitment. */
  readonly endsAfterCommitment: boolean
  readonly items: readonly Item[]
}

export type State =
  | 'pending'
  | 'pending_canceled'
  | 'active'
  | 'canceled'
  | 'grace'
  | 'hold'
  | 'paused'
  | 'expired'
  | 'unknown'

/** Who ended it, while it is canceled or expired. */
export type Ending =
  | { readonly by: 'user'; readonly at: number | null }
  | { readonly by: 'system' | 'developer' | 'replacement' }

export interface Item {
  readonly productId: string
  /** As destinations know it: `gold:monthly`. */
  readonly product: string
  readonly expiresAt: number | null
  /** null: not owned yet (the target of a deferred replacement). */
  readonly orderId: string | null
  readonly plan: 'auto' | 'prepaid' | 'installments' | 'unknown'
  /** null where Google does not tell. */
  readonly autoRenews: boolean | null
  readonly phase: Phase | null
  readonly offerCode: string | null
  /** A price increase that the customer has not accepted. */
  readonly priceRefused: boolean
  readonly deferredTo: string | null
  readonly deferredRemoval: boolean
  readonly replaces: { readonly productId: string | null; readonly deferred: boolean } | null
}

export type Phase = 'trial' | 'intro' | 'base'

const STATES: Readonly<Record<string, State>> = {
  SUBSCRIPTION_STATE_PENDING: 'pending',
  SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED: 'pending_canceled',
  SUBSCRIPTION_STATE_ACTIVE: 'active',
  SUBSCRIPTION_STATE_CANCELED: 'canceled',
  SUBSCRIPTION_STATE_IN_GRACE_PERIOD: 'grace',
  SUBSCRIPTION_STATE_ON_HOLD: 'hold',
  SUBSCRIPTION_STATE_PAUSED: 'paused',
  SUBSCRIPTION_STATE_EXPIRED: 'expired',
}

export function subscriptionOf(json: Json): Subscription {
  const listed = partsOf(json.lineItems).flatMap((item) => itemOf(item))
  const [only] = listed
  // Where the item names no order, the deprecated field of the whole purchase may; of several items it could be any.
  const latest = textOf(json.latestOrderId)
  const items = only !== undefined && listed.length === 1 ? [{ ...only, orderId: only.orderId ?? latest }] : listed
  return {
    state: STATES[textOf(json.subscriptionState) ?? ''] ?? 'unknown',
    startTime: timeOf(json.startTime),
    country: countryOf(json.regionCode),
    linkedToken: textOf(json.linkedPurchaseToken),
    expiredToken: textOf(partOf(json.outOfAppPurchaseContext)?.expiredPurchaseToken),
    isTest: partOf(json.testPurchase) !== null,
    owner: ownerOf(json),
    ending: endingOf(partOf(json.canceledStateContext)),
    resumesAt: timeOf(partOf(json.pausedStateContext)?.autoResumeTime),
    endsAfterCommitment: partsOf(json.lineItems).some(
      (item) => partOf(partOf(partOf(item.autoRenewingPlan)?.installmentDetails)?.pendingCancellation) !== null,
    ),
    items,
  }
}

/** `gold` and its base plan `monthly` → `gold:monthly`. */
export function productOf(productId: string, basePlanId: string | null): string {
  return basePlanId === null ? productId : `${productId}:${basePlanId}`
}

/** The subscription of `gold:monthly`. */
export function subscriptionIdOf(product: string): string {
  return product.split(':')[0] ?? product
}

export function countryOf(value: unknown): string | null {
  const code = textOf(value)
  return code !== null && /^[A-Z]{2}$/.test(code) ? code : null
}

/** A customer who subscribes again in the Play Store never passes the app: Google then shows the expired purchase's ids. */
function ownerOf(json: Json): string | null {
  const own = partOf(json.externalAccountIdentifiers)
  const expired = partOf(partOf(json.outOfAppPurchaseContext)?.expiredExternalAccountIdentifiers)
  return textOf(own?.obfuscatedExternalAccountId) ?? textOf(expired?.obfuscatedExternalAccountId)
}

function endingOf(context: Json | null): Ending | null {
  if (context === null) return null
  if (partOf(context.replacementCancellation) !== null) return { by: 'replacement' }
  const user = partOf(context.userInitiatedCancellation)
  if (user !== null) return { by: 'user', at: timeOf(user.cancelTime) }
  if (partOf(context.developerInitiatedCancellation) !== null) return { by: 'developer' }
  return partOf(context.systemInitiatedCancellation) === null ? null : { by: 'system' }
}

function itemOf(json: Json): readonly Item[] {
  const productId = textOf(json.productId)
  if (productId === null) return []
  const auto = partOf(json.autoRenewingPlan)
  const replacement = partOf(json.itemReplacement)
  const priceChange = partOf(auto?.priceChangeDetails)
  const stepUp = partOf(auto?.priceStepUpConsentDetails)
  return [
    {
      productId,
      product: productOf(productId, textOf(partOf(json.offerDetails)?.basePlanId)),
      expiresAt: timeOf(json.expiryTime),
      orderId: textOf(json.latestSuccessfulOrderId),
      plan: planOf(json, auto),
      autoRenews: auto === null ? null : auto.autoRenewEnabled !== false,
      phase: phaseOf(partOf(json.offerPhase)),
      offerCode: textOf(partOf(partOf(json.signupPromotion)?.vanityCode)?.promotionCode),
      priceRefused: priceChange?.priceChangeState === 'OUTSTANDING' || stepUp?.state === 'PENDING',
      deferredTo: textOf(partOf(json.deferredItemReplacement)?.productId),
      deferredRemoval: partOf(json.deferredItemRemoval) !== null,
      replaces:
        replacement === null
          ? null
          : { productId: textOf(replacement.productId), deferred: replacement.replacementMode === 'DEFERRED' },
    },
  ]
}

function planOf(json: Json, auto: Json | null): Item['plan'] {
  if (partOf(json.prepaidPlan) !== null) return 'prepaid'
  if (auto === null) return 'unknown'
  return partOf(auto.installmentDetails) === null ? 'auto' : 'installments'
}

/** A rest that was credited on a change counts as the phase that it is a rest of. */
function phaseOf(phase: Json | null): Phase | null {
  if (phase === null) return null
  const rest = textOf(partOf(phase.prorationPeriod)?.originalOfferPhaseType)
  if (partOf(phase.freeTrial) !== null || rest === 'FREE_TRIAL') return 'trial'
  if (partOf(phase.introductoryPrice) !== null || rest === 'INTRODUCTORY') return 'intro'
  return 'base'
}
