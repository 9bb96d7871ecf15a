/**
 * `POST /v1/receipts` of a simulated purchase, as the SDKs for Google Play, Amazon and the web send it: names and types of
 * their requests, what nobody reads included.
 */
export interface PostedBy {
  readonly appUserId: string
  /** A restore names no price: the SDKs look it up for what is bought through them. */
  readonly restore?: boolean
  /** As a decimal, in the unit of the currency. */
  readonly price?: number
  readonly currency?: string
  readonly offering?: string
}

export type PostedBody = Readonly<Record<string, unknown>>

function common(token: string, by: PostedBy): PostedBody {
  const restored = by.restore === true
  return {
    fetch_token: token,
    app_user_id: by.appUserId,
    is_restore: restored,
    observer_mode: false,
    purchase_completed_by: 'revenuecat',
    initiation_source: restored ? 'restore' : 'purchase',
    attributes: {},
    ...(by.offering === undefined ? {} : { presented_offering_identifier: by.offering }),
    ...(by.price === undefined ? {} : { price: by.price, currency: by.currency ?? 'USD' }),
  }
}

/** A purchase token of Google Play; `basePlan` where it is a subscription. */
export function postedFromPlay(
  of: { readonly token: string; readonly product: string; readonly basePlan?: string },
  by: PostedBy,
): PostedBody {
  const plan = of.basePlan === undefined ? {} : { base_plan_id: of.basePlan }
  return {
    ...common(of.token, by),
    product_ids: [of.product],
    platform_product_ids: [{ product_id: of.product, ...plan }],
    ...(of.basePlan === undefined ? {} : { normal_duration: 'P1M' }),
  }
}

/** A receipt of Amazon. The SKU is that of the term. */
export function postedFromAmazon(
  of: { readonly receiptId: string; readonly user: string; readonly sku: string },
  by: PostedBy,
): PostedBody {
  return { ...common(of.receiptId, by), product_ids: [of.sku], store_user_id: of.user }
}

/** A subscription or a Checkout session of Stripe. */
export function postedFromStripe(of: { readonly id: string }, by: PostedBy): PostedBody {
  return common(of.id, by)
}
