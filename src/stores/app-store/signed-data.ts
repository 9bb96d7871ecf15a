import { type KeyObject, verify } from 'node:crypto'
import { type ChainVerdict, judgeLinks, linkOf, type Root } from './chain.ts'
import { children, type Element, INTEGER, OBJECT_ID, OCTETS, only, SEQUENCE } from './der.ts'

/**
 * The envelope of an app receipt: PKCS#7 signed data (RFC 2315, 9; RFC 5652, 5) with one signer and the certificates that
 * lead to it. What no signature covers is held to the one form that Apple writes, so that no byte of it is free but
 * those of certificates that nobody needs.
 */
export interface SignedData {
  readonly content: Buffer
  readonly certificates: readonly Buffer[]
  readonly signer: Signer
}

interface Signer {
  /** The name of the issuer as DER, and the serial number: which certificate is the signer's. */
  readonly issuer: Buffer
  readonly serial: Buffer
  readonly digest: Digest
  readonly signature: Buffer
}

/** Apple signed receipts with SHA-1 until 2023 and those of older apps until 2025 (developer.apple.com, TN3138). */
type Digest = 'sha1' | 'sha256'

const SIGNED_DATA = '2a864886f70d010702'
const DATA = '2a864886f70d010701'
const DIGESTS: Readonly<Record<string, Digest>> = { '2b0e03021a': 'sha1', '608648016503040201': 'sha256' }
/** rsaEncryption, as Apple writes it, and with the digest in its name. */
const SIGNATURES: ReadonlySet<string> = new Set(['2a864886f70d010101', '2a864886f70d010105', '2a864886f70d01010b'])

const NULL = 0x05
const SET = 0x31
const CONTEXT_0 = 0xa0
/** A chain has three. */
const MOST_CERTIFICATES = 10
const VERSION_1 = '01'

/** null when the bytes are not exactly one such envelope. */
export function signedDataOf(der: Buffer): SignedData | null {
  const [type, wrapped, ...more] = parts(der, SEQUENCE)
  if (idOf(type) !== SIGNED_DATA || wrapped?.tag !== CONTEXT_0 || more.length > 0) return null
  const [version, digests, encapsulated, certificates, signers, ...rest] = parts(wrapped.content, SEQUENCE)
  if (version?.tag !== INTEGER || version.content.toString('hex') !== VERSION_1 || rest.length > 0) return null
  if (digests?.tag !== SET || certificates?.tag !== CONTEXT_0 || signers?.tag !== SET) return null
  const content = encapsulated?.tag === SEQUENCE ? contentOf(encapsulated.content) : null
  const chain = children(certificates.content, MOST_CERTIFICATES)
  const signer = signerOf(signers.content)
  const digest = digestOf(children(digests.content, 1)?.[0])
  if (content === null || chain === null || signer === null || signer.digest !== digest) return null
  return { content, certificates: chain.map(({ whole }) => whole), signer }
}

function contentOf(bytes: Buffer): Buffer | null {
  const [type, wrapped, ...more] = children(bytes, 2) ?? []
  if (idOf(type) !== DATA || wrapped?.tag !== CONTEXT_0 || more.length > 0) return null
  return only(wrapped.content, OCTETS)
}

function signerOf(bytes: Buffer): Signer | null {
  // Signed attributes, which would stand between, are not in Apple's receipts: it signs the content itself.
  const [version, named, algorithm, signing, signature, ...more] = parts(bytes, SEQUENCE)
  const [issuer, serial, ...others] = named?.tag === SEQUENCE ? (children(named.content, 2) ?? []) : []
  const digest = digestOf(algorithm)
  if (version?.tag !== INTEGER || version.content.toString('hex') !== VERSION_1 || digest === null) return null
  if (issuer?.tag !== SEQUENCE || serial?.tag !== INTEGER || others.length > 0 || more.length > 0) return null
  if (!SIGNATURES.has(algorithmOf(signing) ?? '') || signature?.tag !== OCTETS) return null
  return { issuer: issuer.whole, serial: serial.content, digest, signature: signature.content }
}

/** The elements inside the one that fills the bytes; none when it is another. */
function parts(bytes: Buffer, tag: number): readonly Element[] {
  const content = only(bytes, tag)
  return content === null ? [] : (children(content, 8) ?? [])
}

function idOf(element: Element | undefined): string | null {
  return element?.tag === OBJECT_ID ? element.content.toString('hex') : null
}

/** An algorithm by its id, with no parameters or NULL. */
function algorithmOf(element: Element | undefined): string | null {
  const [id, nothing, ...more] = element?.tag === SEQUENCE ? (children(element.content, 2) ?? []) : []
  const plain = nothing === undefined || (nothing.tag === NULL && nothing.content.length === 0)
  return plain && more.length === 0 ? idOf(id) : null
}

function digestOf(element: Element | undefined): Digest | null {
  return DIGESTS[algorithmOf(element) ?? ''] ?? null
}

/**
 * Whether Apple signed it: the certificate that the signer names and its issuer's are judged by the rules for every
 * signature of the App Store, and the key fits the content.
 */
export function judgeSignedData(data: SignedData, roots: readonly Root[]): ChainVerdict {
  const links = data.certificates.map(linkOf).filter((link) => link !== null)
  const { issuer, serial } = data.signer
  const leaf = links.find(({ parts: { issuer: by, serial: number } }) => by.equals(issuer) && number.equals(serial))
  if (leaf === undefined) return { ok: false, reason: 'it does not hold the certificate of its signer' }
  const intermediate = links.find(({ parts: { subject } }) => subject.equals(issuer))
  if (intermediate === undefined)
    return { ok: false, reason: 'it does not hold the certificate of its signer’s issuer' }
  const verdict = judgeLinks(leaf, intermediate, roots)
  return !verdict.ok || isSigned(data, verdict.chain.key)
    ? verdict
    : { ok: false, reason: 'its signature does not fit its content' }
}

function isSigned({ content, signer }: SignedData, key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && verify(signer.digest, content, key, signer.signature)
}
