import { createHash, randomBytes } from 'node:crypto'

/** 256 bits: nobody guesses one, so a plain SHA-256 of it is enough to find it by (ASVS 5.0, 6.5.2). */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** How a token is kept. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex')
}

/** The name of an account or a link: drawn, since nothing that it could be derived from stays the same. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(15).toString('hex')}`
}
