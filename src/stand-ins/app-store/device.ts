import { createHash } from 'node:crypto'
import type { At } from './chain.ts'
import { ia5, integer, octets, sequence, set, utf8 } from './der.ts'
import type { Chain, Desk } from './simulator.ts'
import { type Transaction, transactionInfo } from './transaction.ts'

/** What StoreKit gives an app on the customer's device, which the app shows to its server. */
export interface Device {
  /** The JWS of one transaction, as StoreKit 2 has it, signed as of then. */
  transactionJws(transactionId: string, act?: At): string
  /** The app receipt in base64, with every transaction of these chains; of none: that of a fresh install. */
  appReceipt(chains: readonly string[], act?: At & { readonly digest?: 'sha1' | 'sha256' }): string
  /** The JWS of the app itself, as StoreKit 2 has it. */
  appTransactionJws(act?: At): string
}

export function createDevice(desk: Desk): Device {
  return {
    transactionJws: (transactionId, act = {}) => {
      const { transaction, chain } = named(desk, transactionId)
      return desk.signer().jws(transactionInfo(transaction, chain.account, act.at ?? desk.now()))
    },
    appReceipt: (chains, act = {}) => {
      const transactions = chains.flatMap((id) => named(desk, id).chain.transactions)
      const content = receiptContent(desk, transactions, act.at ?? desk.now())
      return desk.signer().signedData(content, act.digest).toString('base64')
    },
    appTransactionJws: (act = {}) => desk.signer().jws(appTransaction(desk, act.at ?? desk.now())),
  }
}

function named(desk: Desk, transactionId: string): { readonly transaction: Transaction; readonly chain: Chain } {
  for (const chain of desk.chains.values()) {
    const transaction = chain.transactions.find(({ id }) => id === transactionId)
    if (transaction !== undefined) return { transaction, chain }
  }
  throw new Error(`The simulated App Store has sold no transaction ${transactionId}.`)
}

// developer.apple.com/documentation/appstorereceipts/validating-receipts-on-the-device lists the numbers.

function receiptContent(desk: Desk, transactions: readonly Transaction[], at: number): Buffer {
  const { bundleId, environment } = desk.options
  const kind = environment === 'production' ? 'Production' : 'ProductionSandbox'
  const opaque = createHash('sha1').update(`${bundleId}/${at}`).digest()
  return set(
    attribute(0, utf8(kind)),
    attribute(1, whole(environment === 'production' ? desk.options.appAppleId : 0)),
    attribute(2, utf8(bundleId)),
    attribute(3, utf8('42')),
    attribute(4, opaque.subarray(0, 16), 2),
    attribute(5, opaque),
    attribute(8, date(null)),
    attribute(12, date(at)),
    ...transactions.map((transaction) => attribute(17, inApp(transaction))),
    attribute(18, date(at)),
    attribute(19, utf8('40')),
  )
}

/** The price is not in it, as it never was. */
function inApp(transaction: Transaction): Buffer {
  const subscription = transaction.type === 'Auto-Renewable Subscription'
  return set(
    attribute(1701, whole(transaction.quantity)),
    attribute(1702, utf8(transaction.product)),
    attribute(1703, utf8(transaction.id)),
    attribute(1704, date(transaction.purchaseDate)),
    attribute(1705, utf8(transaction.originalId)),
    attribute(1706, date(transaction.originalPurchaseDate)),
    attribute(1708, date(subscription ? transaction.expiresDate : null)),
    attribute(1711, whole(Number(transaction.webOrderLineItemId ?? 0))),
    attribute(1712, date(transaction.revocation?.date ?? null)),
    attribute(1719, whole(transaction.offer?.type === 1 ? 1 : 0)),
  )
}

function attribute(number: number, value: Buffer, version = 1): Buffer {
  return sequence(whole(number), whole(version), octets(value))
}

function whole(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return integer(bytes)
}

/** RFC 3339 in whole seconds; what has no date has an empty one. */
function date(at: number | null): Buffer {
  return ia5(0x16, at === null ? '' : `${new Date(at).toISOString().slice(0, 19)}Z`)
}

/** The app as bought: developer.apple.com/documentation/appstoreserverapi/jwsapptransactiondecodedpayload. */
export function appTransaction(desk: Desk, at: number): Readonly<Record<string, unknown>> {
  return {
    receiptType: desk.environmentName,
    appAppleId: desk.options.appAppleId,
    bundleId: desk.options.bundleId,
    applicationVersion: '42',
    versionExternalIdentifier: 42,
    receiptCreationDate: at,
    originalPurchaseDate: at,
    originalApplicationVersion: '40',
    appTransactionId: desk.nextId(),
    originalPlatform: 'iOS',
  }
}
