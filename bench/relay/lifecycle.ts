import type { JWSTransactionDecodedPayload, ResponseBodyV2DecodedPayload } from '@apple/app-store-server-library'

/** What a relay makes of a notification: the names that the reference uses, the fields that its team needs. */
export interface RelayEvent {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly at: number
  readonly properties: Readonly<Record<string, string | number | boolean | null>>
}

/** null: nothing to tell. No state is kept, as in most relays of this kind: the notification alone decides. */
export function relayEvent(
  payload: ResponseBodyV2DecodedPayload,
  transaction: JWSTransactionDecodedPayload,
): RelayEvent | null {
  const name = nameOf(payload, transaction)
  if (name === null || payload.notificationUUID === undefined) return null
  const price = (transaction.price ?? 0) / 1000
  const paid = name.includes('renewal') || name.includes('initial') || name.includes('converted')
  return {
    id: payload.notificationUUID,
    name,
    userId: transaction.appAccountToken ?? transaction.originalTransactionId ?? '',
    at: payload.signedDate ?? Date.now(),
    properties: {
      event_id: payload.notificationUUID,
      product_id: transaction.productId ?? null,
      store: 'APP_STORE',
      environment: 'PRODUCTION',
      transaction_id: transaction.transactionId ?? null,
      original_transaction_id: transaction.originalTransactionId ?? null,
      purchased_at: seconds(transaction.purchaseDate),
      expires_at: seconds(transaction.expiresDate),
      country_code: transaction.storefront ?? null,
      revenue: paid ? price : 0,
      currency: transaction.currency ?? null,
    },
  }
}

function nameOf(payload: ResponseBodyV2DecodedPayload, transaction: JWSTransactionDecodedPayload): string | null {
  switch (payload.notificationType) {
    case 'SUBSCRIBED':
      return transaction.offerDiscountType === 'FREE_TRIAL' ? 'rc_trial_started_event' : 'rc_initial_purchase_event'
    case 'DID_RENEW':
      return 'rc_renewal_event'
    case 'DID_CHANGE_RENEWAL_STATUS':
      return payload.subtype === 'AUTO_RENEW_DISABLED' ? 'rc_cancellation_event' : 'rc_uncancellation_event'
    case 'EXPIRED':
      return 'rc_expiration_event'
    case 'DID_FAIL_TO_RENEW':
      return 'rc_billing_issue_event'
    default:
      return null
  }
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1000)
}
