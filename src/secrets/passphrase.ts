import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { KEY_BYTES } from './key-ring.ts'

/**
 * Keys under a passphrase, for a backup that is to be complete in itself. scrypt with N = 2¹⁷, r = 8, p = 1 takes 128 MiB
 * and some 0.4 s a guess (OWASP's first choice, https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html);
 * AES-256-GCM tells a wrong passphrase. The parameters belong to the version: a file cannot ask for more memory.
 */
const VERSION = 1
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 ** 2 } as const
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + SALT_BYTES + NONCE_BYTES

/** Shorter ones are guessed, whatever a guess costs. */
export const SHORTEST_PASSPHRASE = 12

export function wrapKeys(keys: readonly Buffer[], passphrase: string): string {
  const header = Buffer.concat([Buffer.from([VERSION]), randomBytes(SALT_BYTES + NONCE_BYTES)])
  const cipher = createCipheriv('aes-256-gcm', derived(passphrase, header), nonceOf(header))
  cipher.setAAD(header)
  const body = Buffer.concat([cipher.update(Buffer.concat([...keys])), cipher.final()])
  return Buffer.concat([header, body, cipher.getAuthTag()]).toString('base64url')
}

/** The keys in their order; null when the passphrase is another one or the text is damaged. Never throws. */
export function unwrapKeys(wrapped: string, passphrase: string): readonly Buffer[] | null {
  const bytes = Buffer.from(wrapped, 'base64url')
  const length = bytes.length - HEADER_BYTES - TAG_BYTES
  if (bytes[0] !== VERSION || length < KEY_BYTES || length % KEY_BYTES !== 0) return null
  const header = bytes.subarray(0, HEADER_BYTES)
  const key = derived(passphrase, header)
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(header), { authTagLength: TAG_BYTES })
  decipher.setAAD(header)
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    const body = bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES)
    const joined = Buffer.concat([decipher.update(body), decipher.final()])
    return Array.from({ length: length / KEY_BYTES }, (_, n) => joined.subarray(n * KEY_BYTES, (n + 1) * KEY_BYTES))
  } catch {
    return null
  }
}

function derived(passphrase: string, header: Buffer): Buffer {
  return scryptSync(passphrase.normalize('NFKC'), header.subarray(1, 1 + SALT_BYTES), KEY_BYTES, COST)
}

function nonceOf(header: Buffer): Buffer {
  return header.subarray(1 + SALT_BYTES)
}
