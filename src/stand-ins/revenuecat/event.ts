import { createHash } from 'node:crypto'

/** Who the events are about. */
export interface Customer {
  readonly appUserId: string
  readonly originalAppUserId?: string
  readonly aliases?: readonly string[]
  /** Name → value; each is dated by the event. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** One charge, as the sender knows it. Times in milliseconds, prices as decimal numbers of the purchase's currency. */
export interface Charge {
  readonly store: string
  readonly environment: 'PRODUCTION' | 'SANDBOX'
  readonly transactionId: string
  readonly originalTransactionId: string
  readonly productId: string
  readonly periodType: 'TRIAL' | 'INTRO' | 'NORMAL' | 'PROMOTIONAL' | 'PREPAID'
  readonly purchasedAt: number
  readonly expirationAt: number | null
  readonly price: number | null
  readonly currency: string | null
  readonly isFamilyShare?: boolean
  readonly countryCode?: string | null
  readonly offerCode?: string | null
  readonly renewalNumber?: number | null
}

export interface Draft {
  readonly type: string
  /** When the sender makes it. */
  readonly at: number
  /** null: about no charge (a test, a transfer). */
  readonly charge: Charge | null
  /** What moved, as a share of the price: 1 for a charge, −1 for a refund, 0 for all else. */
  readonly moved?: -1 | 0 | 1
  /** Keys of this type alone, and whatever should differ. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One event as it is posted. */
export interface SimulatedEvent {
  readonly at: number
  readonly id: string
  /** "CANCELLATION/UNSUBSCRIBE". */
  readonly name: string
  readonly type: string
  readonly event: Readonly<Record<string, unknown>>
  /** `{"api_version":"1.0","event":{…}}`. */
  readonly body: Buffer
}

export interface SenderOptions {
  readonly customer?: Customer
  /** The app at the sender; grants carry none. */
  readonly appId?: string
  /** Sets the ids apart from those of another sender. */
  readonly seed?: string
  /** Dollars for one unit of a currency (default 1 for each). */
  readonly usdRate?: (currency: string) => number
  readonly commissionPercentage?: number | null
  readonly taxPercentage?: number | null
}

/** Makes events; keeps everything that it made, in order. */
export interface EventDesk {
  readonly options: SenderOptions
  readonly events: SimulatedEvent[]
  tell(draft: Draft): SimulatedEvent
  /** An id that no other charge has. */
  nextId(): string
}

export function createEventDesk(options: SenderOptions = {}): EventDesk {
  const seed = options.seed ?? 'sender'
  const events: SimulatedEvent[] = []
  let ids = 0
  const hash = createHash('sha256').update(seed).digest()
  const run = options.seed === undefined ? '' : String(hash.readUInt32BE() % 1_000_000).padStart(6, '0')
  return {
    options,
    events,
    nextId: () => {
      ids += 1
      return run + String(ids).padStart(4, '0')
    },
    tell: (draft) => {
      const id = uuidOf(`${seed}/event/${events.length + 1}`)
      const event = { ...eventObject(draft, id, options), ...draft.extra }
      const reason = event.cancel_reason ?? event.expiration_reason
      const made: SimulatedEvent = {
        at: draft.at,
        id,
        name: typeof reason === 'string' ? `${draft.type}/${reason}` : draft.type,
        type: draft.type,
        event,
        body: Buffer.from(JSON.stringify({ api_version: '1.0', event })),
      }
      events.push(made)
      return made
    },
  }
}

/** The keys that every event has, and those of a charge. */
function eventObject(draft: Draft, id: string, options: SenderOptions): Record<string, unknown> {
  const { type, at, charge } = draft
  const { appUserId, originalAppUserId, aliases, attributes } = options.customer ?? { appUserId: 'anna' }
  const written = Object.entries(attributes ?? {}).map(([name, value]) => [name, { value, updated_at_ms: at }])
  const common = {
    ...(charge?.store === 'PROMOTIONAL' ? {} : { app_id: options.appId ?? 'app0123456789' }),
    event_timestamp_ms: at,
    id,
    type,
    aliases: aliases ?? [appUserId],
    app_user_id: appUserId,
    original_app_user_id: originalAppUserId ?? appUserId,
    subscriber_attributes: Object.fromEntries(written),
  }
  return charge === null ? common : { ...common, ...chargeKeys(charge, draft.moved ?? 0, options) }
}

function chargeKeys(charge: Charge, moved: -1 | 0 | 1, options: SenderOptions): Record<string, unknown> {
  const { price, currency } = charge
  const commission = options.commissionPercentage === undefined ? 0.3 : options.commissionPercentage
  const local = moved === 0 ? 0 : price === null ? null : moved * price
  const rate = currency === null ? 1 : (options.usdRate ?? (() => 1))(currency)
  return {
    commission_percentage: commission,
    country_code: charge.countryCode ?? 'US',
    currency,
    entitlement_id: null,
    entitlement_ids: ['premium'],
    environment: charge.environment,
    expiration_at_ms: charge.expirationAt,
    is_family_share: charge.isFamilyShare ?? false,
    offer_code: charge.offerCode ?? null,
    original_transaction_id: charge.originalTransactionId,
    period_type: charge.periodType,
    presented_offering_id: null,
    price: local === null ? null : rounded(local * rate),
    price_in_purchased_currency: local,
    product_id: charge.productId,
    purchased_at_ms: charge.purchasedAt,
    renewal_number: charge.renewalNumber ?? null,
    store: charge.store,
    takehome_percentage: commission === null ? null : rounded(1 - commission),
    tax_percentage: options.taxPercentage === undefined ? 0 : options.taxPercentage,
    transaction_id: charge.transactionId,
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(3))
}

/** An upper-case UUID in form, drawn from a hash, so that a run can be repeated. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-A${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
