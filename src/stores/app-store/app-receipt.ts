import { children, type Element, INTEGER, OCTETS, only, SEQUENCE } from './der.ts'

/**
 * The content of an app receipt: a set of attributes, each a number, a version and a value that is DER itself.
 * Numbers: developer.apple.com/documentation/appstorereceipts/validating-receipts-on-the-device; 0, the receipt's kind,
 * is not on that page, but in every receipt, and verifyReceipt told it as receipt_type.
 */
export interface AppReceipt {
  readonly bundleId: string | null
  /** "Production", "ProductionSandbox", "Xcode" …; null where it says none. */
  readonly kind: string | null
  /** When it was made (milliseconds). */
  readonly createdAt: number | null
  readonly purchases: readonly ReceiptPurchase[]
}

/** One transaction that the receipt names. */
export interface ReceiptPurchase {
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly purchasedAt: number
  /** It has an expiration date: only auto-renewable subscriptions do. */
  readonly renews: boolean
}

const KIND = 0
const BUNDLE_ID = 2
const CREATED_AT = 12
const IN_APP = 17
const TRANSACTION_ID = 1703
const PURCHASED_AT = 1704
const ORIGINAL_TRANSACTION_ID = 1705
const EXPIRES_AT = 1708

const SET = 0x31
const UTF8 = 0x0c
const IA5 = 0x16

/** Transactions of ten years of weekly renewals are 520. */
const MOST_ATTRIBUTES = 20_000

/** null when the bytes are no receipt. What has a form of its own inside and cannot be read is left out. */
export function appReceiptOf(content: Buffer): AppReceipt | null {
  const attributes = attributesOf(content)
  if (attributes === null) return null
  const first = (number: number): Buffer | undefined => attributes.find((one) => one.number === number)?.value
  return {
    bundleId: textIn(first(BUNDLE_ID)),
    kind: textIn(first(KIND)),
    createdAt: timeIn(first(CREATED_AT)),
    purchases: attributes.flatMap(({ number, value }) => (number === IN_APP ? purchaseIn(value) : [])),
  }
}

function purchaseIn(value: Buffer): readonly ReceiptPurchase[] {
  const values = new Map(attributesOf(value)?.map((one) => [one.number, one.value]))
  const transactionId = textIn(values.get(TRANSACTION_ID))
  const originalTransactionId = textIn(values.get(ORIGINAL_TRANSACTION_ID)) ?? transactionId
  if (transactionId === null || originalTransactionId === null) return []
  const purchasedAt = timeIn(values.get(PURCHASED_AT)) ?? 0
  const renews = timeIn(values.get(EXPIRES_AT)) !== null
  return [{ transactionId, originalTransactionId, purchasedAt, renews }]
}

interface Attribute {
  readonly number: number
  readonly value: Buffer
}

function attributesOf(content: Buffer): readonly Attribute[] | null {
  const set = only(content, SET)
  const entries = set === null ? null : children(set, MOST_ATTRIBUTES)
  if (entries === null) return null
  const found = entries.map(attributeOf)
  return found.every((one) => one !== null) ? found : null
}

function attributeOf(entry: Element): Attribute | null {
  const [number, version, value, ...rest] = entry.tag === SEQUENCE ? (children(entry.content, 3) ?? []) : []
  if (number?.tag !== INTEGER || version?.tag !== INTEGER || value?.tag !== OCTETS || rest.length > 0) return null
  const { length } = number.content
  if (length === 0 || length > 4) return null
  return { number: number.content.readIntBE(0, length), value: value.content }
}

function textIn(value: Buffer | undefined): string | null {
  const text = value === undefined ? null : (only(value, UTF8) ?? only(value, IA5))
  return text === null || text.length === 0 ? null : text.toString('utf8')
}

/** RFC 3339, as IA5; '' where there is none. */
function timeIn(value: Buffer | undefined): number | null {
  const time = Date.parse(textIn(value) ?? '')
  return Number.isNaN(time) ? null : time
}
