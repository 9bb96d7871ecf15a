import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bits,
  context,
  element,
  ia5,
  integer,
  nothing,
  octets,
  oid,
  printable,
  sequence,
  set,
  time,
  truth,
  utf8,
} from './der.ts'

/** The markers that tell an App Store signing certificate and its intermediate from Apple's other certificates. */
export const LEAF_MARKER = '1.2.840.113635.100.6.11.1'
export const INTERMEDIATE_MARKER = '1.2.840.113635.100.6.2.1'

export interface Authority {
  readonly name: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly certificate: Buffer
  /** The name of its issuer and its serial number, as DER: how signed data names a certificate. */
  readonly issuer: Buffer
  readonly serial: Buffer
}

export interface MintedChain {
  readonly root: Authority
  readonly intermediate: Authority
  readonly leaf: Authority
  /** Signs app receipts, which are RSA to this day: minted when it is first asked for, by the same options. */
  readonly receiptLeaf: Authority
  /** As a JWS header carries it: leaf, intermediate, root, DER in base64. */
  readonly x5c: readonly string[]
  /** The root as PEM, for TRIBUTARY_APPLE_ROOT_CERTS. */
  readonly rootPem: string
}

/** How to break a chain, one rule at a time. Without options the chain is right. Times in milliseconds. */
export interface ChainOptions {
  readonly root?: Authority
  readonly intermediate?: Authority
  readonly leafMarker?: string | null
  readonly intermediateMarker?: string | null
  readonly intermediateIsCa?: boolean
  /** Names in the certificates that are not those of the signers. */
  readonly leafIssuerName?: string
  readonly intermediateIssuerName?: string
  /** Keys that sign in place of the right ones. */
  readonly leafSignedBy?: KeyObject
  readonly intermediateSignedBy?: KeyObject
  readonly leafFrom?: number
  readonly leafUntil?: number
  readonly intermediateFrom?: number
  readonly intermediateUntil?: number
  readonly rootFrom?: number
  readonly rootUntil?: number
  readonly leafCurve?: 'P-256' | 'P-384'
}

const DAY = 86_400_000
const NAMES = {
  root: 'Stand-in Root CA - G3',
  intermediate: 'Stand-in Worldwide Developer Relations Certification Authority',
  leaf: 'Stand-in Prod ECC Mac App Store and iTunes Store Receipt Signing',
}

/** Mints root (P-384) → intermediate (P-384) → leaf (P-256), shaped and sized as Apple's own three are. */
export function mintChain(options: ChainOptions = {}, at = Date.now()): MintedChain {
  const root = options.root ?? mintRoot(options, at)
  const intermediate = options.intermediate ?? mintIntermediate(root, options, at)
  const leaf = mintLeaf(
    intermediate,
    generateKeyPairSync('ec', { namedCurve: options.leafCurve ?? 'P-256' }),
    options,
    at,
  )
  const x5c = [leaf, intermediate, root].map((authority) => authority.certificate.toString('base64'))
  let receiptLeaf: Authority | null = null
  return {
    root,
    intermediate,
    leaf,
    x5c,
    rootPem: pem(root.certificate),
    get receiptLeaf() {
      receiptLeaf ??= mintLeaf(intermediate, generateKeyPairSync('rsa', { modulusLength: 2048 }), options, at)
      return receiptLeaf
    },
  }
}

function mintRoot(options: ChainOptions, at: number): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  return authority(NAMES.root, keys, {
    issuer: NAMES.root,
    issuerKey: keys.publicKey,
    signer: keys.privateKey,
    from: options.rootFrom ?? at - 12 * 365 * DAY,
    until: options.rootUntil ?? at + 13 * 365 * DAY,
    extensions: [basicConstraints(true), keyUsage(1, 0x06)],
  })
}

function mintIntermediate(root: Authority, options: ChainOptions, at: number): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const isCa = options.intermediateIsCa ?? true
  return authority(NAMES.intermediate, keys, {
    issuer: options.intermediateIssuerName ?? root.name,
    issuerKey: root.publicKey,
    signer: options.intermediateSignedBy ?? root.privateKey,
    from: options.intermediateFrom ?? at - 5 * 365 * DAY,
    until: options.intermediateUntil ?? at + 10 * 365 * DAY,
    extensions: [
      basicConstraints(isCa),
      statusAddress('http://ocsp.stand-in.invalid/root'),
      isCa ? keyUsage(1, 0x06) : keyUsage(7, 0x80),
      ...marker(options.intermediateMarker, INTERMEDIATE_MARKER),
    ],
  })
}

interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

function mintLeaf(intermediate: Authority, keys: Keys, options: ChainOptions, at: number): Authority {
  return authority(NAMES.leaf, keys, {
    issuer: options.leafIssuerName ?? intermediate.name,
    issuerKey: intermediate.publicKey,
    signer: options.leafSignedBy ?? intermediate.privateKey,
    from: options.leafFrom ?? at - 400 * DAY,
    until: options.leafUntil ?? at + 360 * DAY,
    extensions: [
      basicConstraints(false),
      statusAddress('http://ocsp.stand-in.invalid/intermediate'),
      policies(),
      keyUsage(7, 0x80),
      ...marker(options.leafMarker, LEAF_MARKER),
    ],
  })
}

interface Issue {
  readonly issuer: string
  readonly issuerKey: KeyObject
  readonly signer: KeyObject
  readonly from: number
  readonly until: number
  readonly extensions: readonly Buffer[]
}

function authority(name: string, keys: Keys, issue: Issue): Authority {
  const algorithm = sequence(oid('1.2.840.10045.4.3.3'))
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' })
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const keyIds = [
    extension('2.5.29.35', false, sequence(element(0x80, keyId(issue.issuerKey)))),
    extension('2.5.29.14', false, octets(keyId(keys.publicKey))),
  ]
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    distinguishedName(issue.issuer),
    sequence(time(issue.from), time(issue.until)),
    distinguishedName(name),
    spki,
    context(3, sequence(...issue.extensions, ...keyIds)),
  )
  const certificate = sequence(body, algorithm, bits(sign('sha384', body, issue.signer)))
  const { privateKey, publicKey } = keys
  return { name, privateKey, publicKey, certificate, issuer: distinguishedName(issue.issuer), serial: integer(serial) }
}

function distinguishedName(commonName: string): Buffer {
  const part = (kind: string, value: Buffer): Buffer => set(sequence(oid(kind), value))
  return sequence(
    part('2.5.4.3', utf8(commonName)),
    part('2.5.4.11', utf8('Stand-in Certification Authority')),
    part('2.5.4.10', utf8('Stand-in Inc.')),
    part('2.5.4.6', printable('US')),
  )
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [truth(true)] : []), octets(value))
}

const basicConstraints = (ca: boolean): Buffer => extension('2.5.29.19', true, ca ? sequence(truth(true)) : sequence())
const keyUsage = (unused: number, flags: number): Buffer =>
  extension('2.5.29.15', true, bits(Buffer.from([flags]), unused))

function marker(asked: string | null | undefined, standard: string): readonly Buffer[] {
  return asked === null ? [] : [extension(asked ?? standard, false, nothing())]
}

function statusAddress(address: string): Buffer {
  return extension('1.3.6.1.5.5.7.1.1', false, sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), ia5(0x86, address))))
}

/** A notice of about the length of the real one: two thirds of a notification's bytes are certificates. */
function policies(): Buffer {
  const notice =
    'This certificate belongs to a stand-in that was minted for a test or a demonstration. Nobody vouches for it, it ' +
    'expires with the process that made it, and whoever relies on it outside of a test relies on nothing at all.'
  const qualifier = sequence(oid('1.3.6.1.5.5.7.2.2'), sequence(utf8(notice)))
  return extension('2.5.29.32', false, sequence(sequence(oid('1.2.840.113635.100.5.6.1'), sequence(qualifier))))
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}

export function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
