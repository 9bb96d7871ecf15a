import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { type Json, parsedJson, textOf } from '../json.ts'
import type { ReceiptRead } from '../store.ts'
import { type AppReceipt, appReceiptOf } from './app-receipt.ts'
import type { Root } from './chain.ts'
import { kindOf, type SoundTransaction, wholeOfKind } from './charge.ts'
import { identityOf } from './fields.ts'
import { isWithin, type JwsVerifier, payloadOf } from './jws.ts'
import { transactionOf } from './notification.ts'
import { judgeSignedData, signedDataOf } from './signed-data.ts'

/** The purchases that somebody shows to have, all of one app and environment. */
export interface Showing {
  readonly kind: 'showing'
  readonly environment: Environment
  /** One of each chain. */
  readonly shown: readonly ShownPurchase[]
}

export interface ShownPurchase {
  /** originalTransactionId. */
  readonly chain: string
  readonly kind: 'subscription' | 'one_time'
  readonly purchasedAt: number
  /** A transaction of it that Apple signed; null where only its ids are shown. */
  readonly transaction: SoundTransaction | null
}

type Invalid = ReceiptRead & { readonly kind: 'invalid' }
export type Shows = Showing | Invalid

export interface ReceiptJudges {
  readonly verifier: JwsVerifier
  readonly receiptRoots: readonly Root[]
  readonly now: () => number
}

/** A receipt of ten thousand transactions is 4 MB; a signed transaction is 6 KB, most of it certificates. */
const MOST_RECEIPT = 6_000_000
const MOST_JWS = 100_000

/** A token of an SDK in whatever form → what it shows, verified. Never throws. */
export async function showsOf(token: string, app: App, judges: ReceiptJudges): Promise<Shows> {
  const text = token.trim()
  if (text.includes('.')) return text.length > MOST_JWS ? shapeless() : signedTransaction(text, app, judges.verifier)
  const bytes = text.length > MOST_RECEIPT ? null : bytesOf(text)
  if (bytes === null) return shapeless()
  if (bytes[0] === 0x7b) return parsedJson(bytes.toString('utf8')) === null ? oldReceipt() : localTesting()
  // Xcode alone writes lengths that are found out at the end: a signed receipt of Apple's is DER.
  if (bytes[0] === 0x30 && bytes[1] === 0x80) return localTesting()
  return appReceipt(bytes, app, judges)
}

/** Standard base64 in its one right spelling: else two texts were the same receipt. */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null
}

// ── a transaction of StoreKit 2 ─────────────────────────────────────────────────────────────────────────────────────

/** Apple's word in what it signs; Xcode and LocalTesting are no environments of any app. */
const SIGNED: Readonly<Record<string, Environment>> = { Production: 'production', Sandbox: 'sandbox' }
const LOCAL: ReadonlySet<string | null> = new Set(['Xcode', 'LocalTesting'])

async function signedTransaction(jws: string, app: App, verifier: JwsVerifier): Promise<Shows> {
  const verified = await verifier.verify(jws)
  if (!verified.ok) {
    // Nobody vouches for this word, and nothing but the sentence of the refusal depends on it.
    if (LOCAL.has(textOf(payloadOf(jws)?.environment))) return localTesting()
    return invalid(
      'not_authentic',
      `The receipt was refused, since ${verified.reason}: send it as StoreKit gave it, whole and unchanged.`,
    )
  }
  const { payload } = verified
  const claimed = textOf(payload.bundleId)
  if (claimed !== identityOf(app).bundleId) return otherApp(claimed, app)
  const word = textOf(payload.environment)
  if (LOCAL.has(word)) return localTesting()
  const environment = SIGNED[word ?? '']
  if (environment === undefined || !app.environments.includes(environment)) return otherEnvironment(word, app)
  const transaction = wholeTransaction(payload)
  return transaction === null
    ? invalid(
        'not_authentic',
        'The receipt is signed by Apple and is no transaction: send the jwsRepresentation of a StoreKit 2 transaction.',
      )
    : showingOf(environment, transaction)
}

export function showingOf(environment: Environment, transaction: SoundTransaction): Showing {
  const { originalTransactionId: chain, purchaseDate: purchasedAt } = transaction
  return {
    kind: 'showing',
    environment,
    shown: [{ chain, kind: kindOf(transaction), purchasedAt, transaction }],
  }
}

/** A transaction with all that its kind needs; null for anything else. */
function wholeTransaction(payload: Json): SoundTransaction | null {
  try {
    return wholeOfKind(transactionOf(payload))
  } catch {
    return null
  }
}

// ── an app receipt ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The receipt's kind, volume purchases (VPP) included. */
const KINDS: Readonly<Record<string, Environment>> = {
  Production: 'production',
  ProductionVPP: 'production',
  ProductionSandbox: 'sandbox',
  ProductionVPPSandbox: 'sandbox',
}

/**
 * Its signature proves that whoever sends it held it: all that it names is asked of Apple, but an id alone could be
 * anybody's guess. The certificates count at the receipt's own date
 * (developer.apple.com/documentation/appstorereceipts/validating-receipts-on-the-device).
 */
function appReceipt(bytes: Buffer, app: App, judges: ReceiptJudges): Shows {
  const data = signedDataOf(bytes)
  if (data === null) return shapeless()
  const verdict = judgeSignedData(data, judges.receiptRoots)
  const refused = (reason: string): Invalid =>
    invalid('not_authentic', `The app receipt was refused, since ${reason}: send it as the device has it, unchanged.`)
  if (!verdict.ok) return refused(verdict.reason)
  const receipt = appReceiptOf(data.content)
  if (receipt === null) return shapeless()
  if (!isWithin(receipt.createdAt ?? judges.now(), verdict.chain))
    return refused('its certificates were not valid when it was made')
  return showingOfReceipt(receipt, app)
}

function showingOfReceipt(receipt: AppReceipt, app: App): Shows {
  if (receipt.bundleId !== identityOf(app).bundleId) return otherApp(receipt.bundleId, app)
  if (LOCAL.has(receipt.kind)) return localTesting()
  const environment = KINDS[receipt.kind ?? '']
  if (environment === undefined || !app.environments.includes(environment)) return otherEnvironment(receipt.kind, app)
  const shown = new Map<string, ShownPurchase>()
  for (const { originalTransactionId: chain, renews, purchasedAt } of receipt.purchases) {
    const known = shown.get(chain)
    shown.set(chain, {
      chain,
      kind: renews || known?.kind === 'subscription' ? 'subscription' : 'one_time',
      purchasedAt: Math.max(purchasedAt, known?.purchasedAt ?? 0),
      transaction: null,
    })
  }
  return { kind: 'showing', environment, shown: [...shown.values()] }
}

// ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────

type Fault = Invalid['fault']

export function invalid(fault: Fault, reason: string): Invalid {
  return { kind: 'invalid', fault, reason }
}

function shapeless(): Invalid {
  return invalid(
    'not_authentic',
    'The receipt is neither a signed transaction of StoreKit 2 nor an app receipt in base64: send it as StoreKit gave it.',
  )
}

function oldReceipt(): Invalid {
  return invalid(
    'not_authentic',
    'The receipt is of a single transaction in the form before iOS 7: send the app receipt or a StoreKit 2 transaction.',
  )
}

function localTesting(): Invalid {
  return invalid(
    'wrong_environment',
    'The receipt is of Xcode’s local testing, which Apple does not sign: test purchases in the sandbox.',
  )
}

function otherApp(claimed: string | null, app: App): Invalid {
  const theirs = claimed === null ? 'no app' : `the app ${claimed}`
  return invalid(
    'not_authentic',
    `The receipt is of ${theirs}, but ${app.id} is ${identityOf(app).bundleId}: give each app its own public key.`,
  )
}

function otherEnvironment(word: string | null, app: App): Invalid {
  const theirs = word === null ? 'no environment' : `the environment ${word}`
  return invalid(
    'wrong_environment',
    `The receipt is of ${theirs}, but ${app.id} takes ${app.environments.join(' and ')}: add it to the app's environments.`,
  )
}
