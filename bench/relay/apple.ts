import {
  Environment,
  type JWSTransactionDecodedPayload,
  type ResponseBodyV2DecodedPayload,
  SignedDataVerifier,
} from '@apple/app-store-server-library'
import express, { type Express } from 'express'
import { APP_APPLE_ID, BUNDLE_ID } from '../shop.ts'
import type { RelayEvent } from './event.ts'
import type { Enqueue } from './queue.ts'

export function appleRoute(app: Express, { rootPem, enqueue }: { rootPem: string; enqueue: Enqueue }): void {
  const verifier = new SignedDataVerifier(
    [Buffer.from(rootPem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')],
    false,
    Environment.PRODUCTION,
    BUNDLE_ID,
    APP_APPLE_ID,
  )
  app.post('/notifications', express.json({ limit: '256kb' }), async (request, response) => {
    try {
      const payload = await verifier.verifyAndDecodeNotification(String(request.body.signedPayload))
      const transaction = await verifier.verifyAndDecodeTransaction(payload.data?.signedTransactionInfo ?? '')
      await verifier.verifyAndDecodeRenewalInfo(payload.data?.signedRenewalInfo ?? '')
      const event = eventOf(payload, transaction)
      if (event !== null) await enqueue(event)
      response.status(200).end()
    } catch (error) {
      response.status(401).send(String(error))
    }
  })
}

/** null: nothing to tell. No state is kept, as in most relays of this kind: the notification alone decides. */
function eventOf(payload: ResponseBodyV2DecodedPayload, transaction: JWSTransactionDecodedPayload): RelayEvent | null {
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
