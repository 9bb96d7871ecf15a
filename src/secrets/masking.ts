import { createHash } from 'node:crypto'

const REDACTED = '[redacted]'

/**
 * A secret for people: its last four characters, which are enough to tell two apart. A short one shows nothing, since
 * four of eight characters would be half of it.
 */
export function mask(secret: string): string {
  const trimmed = secret.trim()
  return trimmed.length < 12 || trimmed.includes('\n') ? '••••' : `••••${trimmed.slice(-4)}`
}

/** Secret keys of the API are found by this hash: they are random and long, so a plain one is enough (ASVS 5.0, 6.5.2). */
export function hashSecretKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex')
}

/** Shorter values would turn up in ordinary text. */
const SHORTEST = 6

/**
 * Blots known secrets out of a text by value: as they are, in JSON, in a URL, in base64 and as the user name of a Basic
 * header (https://www.rfc-editor.org/rfc/rfc7617). For the attempt log, whose answers may echo what was sent.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(formsOf))
  if (forms.size === 0) return (text) => text
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g')
  return (text) => text.replace(pattern, REDACTED)
}

function formsOf(secret: string): readonly string[] {
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}:`)]
  return forms.concat(secret.includes('\n') ? [secret.trim(), secret.replaceAll('\n', '\r\n')] : [])
}
