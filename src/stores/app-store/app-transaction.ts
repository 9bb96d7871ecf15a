import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { textOf, wholeOf } from '../json.ts'
import { identityOf } from './fields.ts'
import type { JwsVerifier } from './jws.ts'

/**
 * How the customer came to the app itself, as StoreKit 2 signs it. In the sandbox Apple always says version 1.0 and
 * 2013-08-01. developer.apple.com/documentation/appstoreserverapi/jwsapptransactiondecodedpayload
 */
export interface AppTransaction {
  readonly environment: Environment
  readonly originalApplicationVersion: string | null
  /** Milliseconds. */
  readonly originalPurchaseDate: number | null
}

export type AppTransactionRead =
  | { readonly kind: 'read'; readonly value: AppTransaction }
  /** One sentence that says what to do. */
  | { readonly kind: 'refused'; readonly reason: string }

const ENVIRONMENTS: Readonly<Record<string, Environment>> = { Production: 'production', Sandbox: 'sandbox' }

/** The JWS of an AppTransaction (`app_transaction` of a posted receipt), verified like a notification's. Never throws. */
export async function readAppTransaction(jws: string, app: App, verifier: JwsVerifier): Promise<AppTransactionRead> {
  const verified = await verifier.verify(jws, (payload) => millisOf(payload.receiptCreationDate))
  if (!verified.ok) return refused(`it was refused, since ${verified.reason}: send it as StoreKit gave it`)
  const { payload } = verified
  const { bundleId, appAppleId } = identityOf(app)
  if (payload.bundleId !== bundleId)
    return refused(`it is of another app than ${app.id}, which is ${bundleId}: give each app its own public key`)
  const environment = ENVIRONMENTS[textOf(payload.receiptType) ?? '']
  if (environment === undefined || !app.environments.includes(environment))
    return refused(`it is of an environment that ${app.id} does not take: test purchases in the sandbox`)
  if (environment === 'production' && wholeOf(payload.appAppleId) !== appAppleId)
    return refused(`it is of another Apple ID than app_apple_id of ${app.id}: set that to the one in App Store Connect`)
  const value: AppTransaction = {
    environment,
    originalApplicationVersion: textOf(payload.originalApplicationVersion),
    originalPurchaseDate: millisOf(payload.originalPurchaseDate),
  }
  return { kind: 'read', value }
}

function refused(reason: string): AppTransactionRead {
  return { kind: 'refused', reason: `The app transaction is not taken: ${reason}.` }
}

/** StoreKit has been seen to write parts of milliseconds. */
function millisOf(value: unknown): number | null {
  return typeof value === 'number' ? wholeOf(Math.floor(value)) : null
}
