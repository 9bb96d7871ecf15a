import type { Signer } from './sign.ts'

type Json = Readonly<Record<string, unknown>>

/** A notification in the clear: what is inside the three signatures. */
export interface DecodedNotification {
  readonly payload: Json
  readonly transaction: Json | null
  readonly renewal: Json | null
}

/** One notification of the simulated App Store. Nothing is signed before somebody asks for it. */
export interface SimulatedNotification {
  /** When it was signed (milliseconds). */
  readonly at: number
  readonly uuid: string
  /** "DID_RENEW" or "DID_RENEW/BILLING_RECOVERY". */
  readonly name: string
  readonly type: string
  readonly subtype: string | null
  /** For tests of what follows verification: no signature is made. */
  readonly decoded: DecodedNotification
  readonly signedPayload: string
  /** The body of the POST: `{"signedPayload":"…"}`. */
  readonly body: Buffer
  /** Transaction ids that the notification history finds it by. */
  readonly transactionIds: readonly string[]
  /** How the App Store fared with sending it; the stand-in's server fills it. */
  readonly attempts: { readonly attemptDate: number; readonly sendAttemptResult: string }[]
}

export interface Draft {
  readonly at: number
  readonly uuid: string
  readonly type: string
  readonly subtype: string | null
  /** Exactly one of data, summary, externalPurchaseToken, appData, without its signed parts. */
  readonly content: Json
  readonly transaction: Json | null
  readonly renewal: Json | null
  readonly appTransaction?: Json
}

export function createNotification(draft: Draft, signer: () => Signer): SimulatedNotification {
  const { at, uuid, type, subtype, transaction, renewal } = draft
  const head = { notificationType: type, ...(subtype === null ? {} : { subtype }), notificationUUID: uuid }
  const tail = { version: '2.0', signedDate: at }
  let signed: string | null = null
  const signedPayload = (): string => {
    signed ??= signer().jws({ ...head, ...withSigned(draft, signer()), ...tail })
    return signed
  }
  const ids = [transaction?.transactionId, transaction?.originalTransactionId].filter((id) => typeof id === 'string')
  return {
    at,
    uuid,
    name: subtype === null ? type : `${type}/${subtype}`,
    type,
    subtype,
    decoded: { payload: { ...head, ...draft.content, ...tail }, transaction, renewal },
    get signedPayload() {
      return signedPayload()
    },
    get body() {
      return Buffer.from(JSON.stringify({ signedPayload: signedPayload() }))
    },
    transactionIds: ids,
    attempts: [],
  }
}

function withSigned(draft: Draft, signer: Signer): Json {
  const [name = 'data', body] = Object.entries(draft.content)[0] ?? []
  return {
    [name]: {
      ...(body as Json),
      ...(draft.transaction === null ? {} : { signedTransactionInfo: signer.jws(draft.transaction) }),
      ...(draft.renewal === null ? {} : { signedRenewalInfo: signer.jws(draft.renewal) }),
      ...(draft.appTransaction === undefined ? {} : { signedAppTransactionInfo: signer.jws(draft.appTransaction) }),
    },
  }
}
