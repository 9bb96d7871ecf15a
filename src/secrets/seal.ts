import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'

const PREFIX = 'sealed:'
const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + 4

/** Where a secret is kept: kind, project, id, field path. It is bound to the sealed text. */
export type Place = readonly [kind: string, projectId: string, id: string, path: string]

export type Opened =
  | { readonly kind: 'opened'; readonly text: string }
  /** Sealed under a key that is not in the ring. */
  | { readonly kind: 'unknown_key'; readonly keyId: string }
  /** Changed, cut, or moved from another place. */
  | { readonly kind: 'damaged' }

/**
 * Encrypts by AES-256-GCM under the current key with a fresh 96-bit nonce. The text holds version, key id, nonce,
 * ciphertext and tag in base64url. A random nonce is safe for 2³² secrets a key (NIST SP 800-38D, 8.3), far more than
 * a hub ever stores.
 */
export function seal(ring: KeyRing, place: Place, text: string): string {
  const { current } = ring
  const header = Buffer.concat([Buffer.from([VERSION]), Buffer.from(current.id, 'hex')])
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', current.sealing, nonce)
  cipher.setAAD(boundTo(header, place))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return PREFIX + Buffer.concat([header, nonce, body, cipher.getAuthTag()]).toString('base64url')
}

/** Opens what `seal` gave at the same place. Never throws: a damaged secret is an answer. */
export function open(ring: KeyRing, place: Place, sealed: string): Opened {
  if (!isSealed(sealed)) return { kind: 'damaged' }
  const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url')
  if (bytes.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] !== VERSION) return { kind: 'damaged' }
  const header = bytes.subarray(0, HEADER_BYTES)
  const keyId = header.subarray(1).toString('hex')
  const key = ring.all.find(({ id }) => id === keyId)
  if (key === undefined) return { kind: 'unknown_key', keyId }
  const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key.sealing, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(header, place))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    const body = bytes.subarray(HEADER_BYTES + NONCE_BYTES, bytes.length - TAG_BYTES)
    return { kind: 'opened', text: Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8') }
  } catch {
    return { kind: 'damaged' }
  }
}

/** The ids of the keys under which the sealed texts in a document lie: all of them are needed to read it. */
export function keyIdsIn(document: string): readonly string[] {
  const ids = [...document.matchAll(/sealed:([A-Za-z0-9_-]{7,})/g)].map(([, text = '']) =>
    Buffer.from(text.slice(0, 8), 'base64url').subarray(1, HEADER_BYTES).toString('hex'),
  )
  return [...new Set(ids)]
}

function isSealed(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** As JSON, so that no two places give the same bytes. */
function boundTo(header: Buffer, place: Place): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify(place), 'utf8')])
}
