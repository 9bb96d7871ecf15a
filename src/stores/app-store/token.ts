import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { App } from '../../domain/project.ts'
import { createRecent } from '../recent.ts'
import { type ApiKey, apiKeyOf, identityOf } from './fields.ts'

export type Bearer = { readonly ok: true; readonly token: string } | { readonly ok: false; readonly reason: string }

/** Apple takes tokens of up to an hour (…/appstoreserverapi/generating-json-web-tokens-for-api-requests). */
const LIFE_MS = 20 * 60_000
/** Renewed this long before the end, so that none runs out on its way. */
const MARGIN_MS = 2 * 60_000
/** Apple's clock may be behind ours. */
const BACKDATED_MS = 30_000

/** Bearer tokens of the App Store Server API, signed with the app's key and kept until shortly before they end. */
export function createBearers(now: () => number): (app: App) => Bearer {
  const kept = createRecent<string>(1_000, LIFE_MS - MARGIN_MS, now)
  return (app) => {
    const key = apiKeyOf(app)
    if (key === null) return { ok: false, reason: `${app.id} has no api_key: set issuer_id, key_id and private_key.` }
    const { bundleId } = identityOf(app)
    // The settings themselves name the token: another key or bundle id is another token at once.
    const name = createHash('sha256')
      .update([key.issuerId, key.keyId, key.privateKey, bundleId].join('\n'))
      .digest('base64')
    const known = kept.get(name)
    if (known !== undefined) return { ok: true, token: known }
    const signingKey = keyOf(key.privateKey)
    if (signingKey === null) {
      return {
        ok: false,
        reason: `private_key of ${app.id} cannot be read: paste the whole .p8 file as Apple gave it.`,
      }
    }
    const token = signed(key, bundleId, signingKey, now())
    kept.set(name, token)
    return { ok: true, token }
  }
}

function keyOf(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null
  } catch {
    return null
  }
}

function signed(key: ApiKey, bundleId: string, signingKey: KeyObject, at: number): string {
  const iat = Math.floor((at - BACKDATED_MS) / 1000)
  const exp = Math.floor((at + LIFE_MS) / 1000)
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = segment({ alg: 'ES256', kid: key.keyId, typ: 'JWT' })
  const body = segment({ iss: key.issuerId, iat, exp, aud: 'appstoreconnect-v1', bid: bundleId })
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: signingKey, dsaEncoding: 'ieee-p1363' })
  return `${head}.${body}.${signature.toString('base64url')}`
}
