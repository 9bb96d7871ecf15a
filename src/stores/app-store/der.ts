/**
 * DER, strictly: definite minimal lengths, low tag numbers, nothing before, between or after. Of a certificate it reads
 * what node's X509Certificate does not show: its names and serial number as bytes, and its extensions by object id
 * (RFC 5280, 4.1).
 */
export interface CertificateParts {
  readonly serial: Buffer
  readonly issuer: Buffer
  readonly subject: Buffer
  /** Extension object id, its DER content in hex → its value. */
  readonly extensions: ReadonlyMap<string, Buffer>
}

export interface Element {
  readonly tag: number
  /** The element with its head, and its content alone. */
  readonly whole: Buffer
  readonly content: Buffer
}

export const SEQUENCE = 0x30
export const OBJECT_ID = 0x06
export const OCTETS = 0x04
export const INTEGER = 0x02
const BOOLEAN = 0x01
const VERSION = 0xa0
const EXTENSIONS = 0xa3

/** null when the bytes are not exactly one well-formed certificate. */
export function certificateParts(der: Buffer): CertificateParts | null {
  const certificate = only(der, SEQUENCE)
  const [body, algorithm, signature, ...rest] = certificate === null ? [] : (children(certificate) ?? [])
  if (body?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE || signature === undefined || rest.length > 0) return null
  const fields = children(body.content)
  if (fields === null || fields[0]?.tag !== VERSION) return null
  // version, serial, algorithm, issuer, validity, subject, key, then optional parts of which the extensions are the last.
  const [, serial, , issuer, , subject] = fields
  const last = fields.at(-1)
  if (serial?.tag !== INTEGER || issuer?.tag !== SEQUENCE || subject?.tag !== SEQUENCE || last?.tag !== EXTENSIONS)
    return null
  const extensions = extensionsOf(last.content)
  return extensions === null
    ? null
    : { serial: serial.content, issuer: issuer.whole, subject: subject.whole, extensions }
}

function extensionsOf(content: Buffer): ReadonlyMap<string, Buffer> | null {
  const list = only(content, SEQUENCE)
  const entries = list === null ? null : children(list)
  if (entries === null) return null
  const found = new Map<string, Buffer>()
  for (const entry of entries) {
    const parts = entry.tag === SEQUENCE ? children(entry.content) : null
    const id = parts?.[0]
    const value = parts?.at(-1)
    const middle = parts?.slice(1, -1) ?? []
    if (
      id?.tag !== OBJECT_ID ||
      value?.tag !== OCTETS ||
      middle.length > 1 ||
      middle.some((part) => part.tag !== BOOLEAN)
    )
      return null
    const name = id.content.toString('hex')
    if (found.has(name)) return null
    found.set(name, value.content)
  }
  return found
}

/** The content of the one element that fills the bytes. */
export function only(bytes: Buffer, tag: number): Buffer | null {
  const elements = children(bytes, 1)
  const [element, ...rest] = elements ?? []
  return element !== undefined && rest.length === 0 && element.tag === tag ? element.content : null
}

/**
 * The elements that lie side by side in the bytes and fill them; null when there are more than `most`. A stranger's
 * megabyte could hold half a million of them: what the caller expects bounds what it can cost.
 */
export function children(bytes: Buffer, most = 100): readonly Element[] | null {
  const out: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    if (element === null || out.length === most) return null
    out.push(element)
    at += element.whole.length
  }
  return out
}

function elementAt(bytes: Buffer, at: number): Element | null {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null
  let size = first
  let start = at + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 3 || start + count > bytes.length) return null
    size = bytes.readUIntBE(start, count)
    start += count
    // Minimal: no long form where the short one serves, no leading zero byte.
    if (size < 0x80 || size < 2 ** (8 * (count - 1))) return null
  }
  const end = start + size
  if (end > bytes.length) return null
  return { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) }
}
