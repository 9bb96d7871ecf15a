import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'

/** A setting's text → its value, or how to mend it: the end of a sentence that begins with the setting's name. */
export type Parsed<T> = { readonly value: T } | { readonly fix: string }

export const text = (value: string): Parsed<string> => ({ value })

export function port(value: string): Parsed<number> {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (number >= 0 && number <= 65_535) return { value: number }
  // Kubernetes puts TRIBUTARY_PORT=tcp://… into every pod beside a service of that name.
  if (/^(tcp|udp):\/\//.test(value)) {
    return { fix: 'holds what Kubernetes sets for a service of this name; set enableServiceLinks: false on the pod' }
  }
  return { fix: 'must be a port from 0 (any free one) to 65535' }
}

/** Requests a second; 0 lifts the limit. */
export function rate(value: string): Parsed<number> {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN
  return number >= 0
    ? { value: number }
    : { fix: 'must be whole requests a second from 1 to 999999, or 0 for no limit' }
}

export function url(value: string): Parsed<string> {
  const parsed = URL.canParse(value) ? new URL(value) : null
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.hash !== '') {
    return { fix: 'must be an http:// or https:// address without user name or fragment' }
  }
  return { value: value.replace(/\/+$/, '') }
}

/** As the provider writes it, a slash at its end included: it is compared letter by letter. */
export function issuer(value: string): Parsed<string> {
  const parsed = url(value)
  if ('fix' in parsed) return parsed
  const { protocol, hostname, search } = new URL(value)
  const loopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  return search === '' && (protocol === 'https:' || loopback)
    ? { value }
    : { fix: 'must be the https:// address of the identity provider, without a query' }
}

export function originOnly(value: string): Parsed<string> {
  const parsed = url(value)
  if ('fix' in parsed) return parsed
  return new URL(parsed.value).origin === parsed.value
    ? parsed
    : { fix: 'must be scheme and host alone, as https://sns.example.com' }
}

export const path = (value: string): Parsed<string> =>
  value.includes('\n')
    ? { fix: 'must be the path of a file; what was given has several lines and looks like the content itself' }
    : { value: isAbsolute(value) ? value : resolve(value) }

export function oneOf<T extends string>(options: readonly T[]): (value: string) => Parsed<T> {
  return (value) => {
    const found = options.find((option) => option === value)
    return found === undefined ? { fix: `must be one of ${options.join(', ')}` } : { value: found }
  }
}

export function keys(value: string): Parsed<readonly Buffer[]> {
  const decoded = value.split(',').map((part) => Buffer.from(part.trim(), 'base64'))
  if (decoded.some((key) => key.length !== 32)) {
    return {
      fix: 'must be 32 bytes in base64 (several separated by commas, the current one first); make one with: openssl rand -base64 32',
    }
  }
  const distinct = new Set(decoded.map((key) => key.toString('hex')))
  return distinct.size === decoded.length
    ? { value: decoded }
    : { fix: 'names the same key twice; give each key once, the current one first' }
}

const NETWORK =
  /^(loopback|linklocal|uniquelocal|\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(\/\d{1,3})?)$/

export function networks(value: string): Parsed<readonly string[]> {
  const list = value.split(',').map((part) => part.trim())
  if (list.every((part) => NETWORK.test(part))) return { value: list }
  return { fix: 'must be addresses or networks separated by commas, as 10.0.0.0/8 or loopback' }
}

/** A certificate file, or (by the _FILE twin) its text. */
export function pem(value: string): Parsed<string> {
  const begin = '-----BEGIN CERTIFICATE-----'
  if (value.includes(begin)) return { value }
  const read = readText(value)
  if (read === null) return { fix: `names ${value}, which cannot be read; give the path of a PEM file` }
  return read.includes(begin) ? { value: read } : { fix: `names ${value}, which holds no PEM certificate` }
}

export function postgresUrl(value: string): Parsed<string> {
  const isOne = /^postgres(ql)?:\/\/\S+$/.test(value)
  return isOne
    ? { value }
    : { fix: 'is no address of a PostgreSQL database; write postgres://USER:PASSWORD@HOST/DATABASE' }
}

export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
