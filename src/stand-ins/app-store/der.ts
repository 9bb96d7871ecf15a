/**
 * Writes the few DER forms that an X.509 certificate needs (ITU-T X.690, definite lengths only).
 * Stand-ins and tests alone use it: the product reads certificates, it never makes them.
 */
export function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const bytes: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([0x80 + bytes.length, ...bytes])
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, ...parts)
export const set = (...parts: readonly Buffer[]): Buffer => element(0x31, ...parts)
export const octets = (body: Buffer): Buffer => element(0x04, body)
export const bits = (body: Buffer, unused = 0): Buffer => element(0x03, Buffer.from([unused]), body)
export const truth = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0x00]))
export const nothing = (): Buffer => element(0x05)
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text, 'utf8'))
export const printable = (text: string): Buffer => element(0x13, Buffer.from(text, 'latin1'))
export const ia5 = (tag: number, text: string): Buffer => element(tag, Buffer.from(text, 'latin1'))
/** An explicit, constructed, context-specific tag. */
export const context = (number: number, ...parts: readonly Buffer[]): Buffer => element(0xa0 + number, ...parts)

export function integer(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const trimmed = bytes.subarray(start)
  const negative = ((trimmed[0] ?? 0) & 0x80) !== 0
  return element(0x02, negative ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed)
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const out = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) out.unshift((rest % 128) | 0x80)
  return out
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5); whole seconds. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return digits < '2050' ? ia5(0x17, `${digits.slice(2)}Z`) : ia5(0x18, `${digits}Z`)
}
