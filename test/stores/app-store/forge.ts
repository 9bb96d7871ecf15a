import { createHmac, type KeyObject, sign } from 'node:crypto'
import { type Signer, segment } from '../../../src/stand-ins/app-store/sign.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/subscription.ts'
import { envelope, signer } from './setting.ts'

type Json = Readonly<Record<string, unknown>>

/** A JWS in which everything can be wrong. */
export function forged(
  payload: Json,
  options: {
    readonly header?: Json
    readonly key?: KeyObject
    readonly hash?: string
    readonly hmac?: string | Buffer
    readonly signature?: string
  } = {},
): string {
  const signed = `${segment({ alg: 'ES256', x5c: signer.chain.x5c, ...options.header })}.${segment(payload)}`
  if (options.signature !== undefined) return `${signed}.${options.signature}`
  if (options.hmac !== undefined)
    return `${signed}.${createHmac('sha256', options.hmac).update(signed).digest('base64url')}`
  const key = options.key ?? signer.chain.leaf.privateKey
  return `${signed}.${sign(options.hash ?? 'sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** The notification signed again with other parts in it. A changed inner part is signed again too, unless it is text. */
export function resigned(
  notification: SimulatedNotification,
  change: {
    readonly payload?: Json
    readonly data?: Json
    readonly transaction?: Json | string
    readonly renewal?: Json | string
  },
  using: Signer = signer,
): Buffer {
  const { payload, transaction, renewal } = notification.decoded
  const inner = (known: Json | null, changed: Json | string | undefined): Json | string | null =>
    typeof changed === 'string' ? changed : known === null ? null : { ...known, ...changed }
  const part = (field: string, value: Json | string | null): Json =>
    value === null ? {} : { [field]: typeof value === 'string' ? value : using.jws(value) }
  const data = {
    ...(payload.data as Json),
    ...part('signedTransactionInfo', inner(transaction, change.transaction)),
    ...part('signedRenewalInfo', inner(renewal, change.renewal)),
    ...change.data,
  }
  return envelope(using.jws({ ...payload, data, ...change.payload }))
}
