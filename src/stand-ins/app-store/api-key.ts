import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto'

/** An In-App Purchase key as App Store Connect makes them. */
export interface ApiKey {
  readonly issuerId: string
  readonly keyId: string
  /** The content of the .p8 file. */
  readonly privateKey: string
}

export function mintApiKey(): ApiKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyId = randomUUID().replaceAll('-', '').slice(0, 10).toUpperCase()
  return { issuerId: randomUUID(), keyId, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

export interface RegisteredKey {
  readonly issuerId: string
  readonly keyId: string
  readonly publicKey: KeyObject
}

export function registered(key: ApiKey): RegisteredKey {
  return { issuerId: key.issuerId, keyId: key.keyId, publicKey: createPublicKey(key.privateKey) }
}

/** A token lives for an hour at most; Apple's clock and the caller's may differ by a minute. */
const LONGEST_S = 3_600
const SKEW_S = 60

/** The bundle id that the token is for, or why Apple would answer 401: for the stand-in's own log only. */
export function checkBearer(
  header: string | undefined,
  keys: readonly RegisteredKey[],
  now: number,
): { readonly bundleId: string } | { readonly refused: string } {
  const match = /^Bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(header ?? '')
  if (!match) return { refused: 'no bearer token in the authorization header' }
  const [, headPart = '', bodyPart = '', signature = ''] = match
  const head = json(headPart)
  const body = json(bodyPart)
  if (head === null || body === null) return { refused: 'the token is no JSON' }
  if (head.alg !== 'ES256' || head.typ !== 'JWT') return { refused: 'alg is not ES256 or typ is not JWT' }
  const key = keys.find((one) => one.keyId === head.kid && one.issuerId === body.iss)
  if (key === undefined) return { refused: 'no such key id and issuer' }
  const signed = Buffer.from(`${headPart}.${bodyPart}`)
  const options = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify('sha256', signed, options, Buffer.from(signature, 'base64url')))
    return { refused: 'the signature does not fit' }
  if (body.aud !== 'appstoreconnect-v1') return { refused: 'aud is not appstoreconnect-v1' }
  const { iat, exp, bid } = body
  const seconds = Math.floor(now / 1000)
  if (typeof iat !== 'number' || typeof exp !== 'number' || typeof bid !== 'string')
    return { refused: 'iat, exp or bid is missing' }
  if (iat > seconds + SKEW_S || exp <= seconds || exp - iat > LONGEST_S)
    return { refused: 'the token is over, of tomorrow, or lives longer than an hour' }
  return { bundleId: bid }
}

function json(segment: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
