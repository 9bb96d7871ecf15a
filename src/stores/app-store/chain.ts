import { type KeyObject, X509Certificate } from 'node:crypto'
import { createRecent, type Recent } from '../recent.ts'
import { type CertificateParts, certificateParts } from './der.ts'

/** A chain that leads to a root of ours. It is good between these times only: a message's own date decides (milliseconds). */
export interface GoodChain {
  readonly key: KeyObject
  readonly from: number
  readonly until: number
}

export type ChainVerdict =
  | { readonly ok: true; readonly chain: GoodChain }
  | { readonly ok: false; readonly reason: string }

/**
 * What tells an App Store signing certificate and its intermediate from the others that Apple issues, to developers too:
 * 1.2.840.113635.100.6.11.1 and 1.2.840.113635.100.6.2.1, as DER content.
 */
const LEAF_MARKER = '2a864886f76364060b01'
const INTERMEDIATE_MARKER = '2a864886f76364060201'

/** Apple signs with one or two chains at a time. */
const KEPT_CHAINS = 32
/** A root that the operator takes away stops counting with the restart; an hour bounds what a long-lived verdict can hide. */
const KEPT_MS = 3_600_000

/**
 * Judges x5c chains by Apple's rules (developer.apple.com/documentation/appstoreserverapi/jwsdecodedheader): exactly
 * three certificates, of which the third is not looked at, since the root is ours; both markers; a CA in the middle; names
 * and signatures from link to link.
 * Only what passed is kept, so that a flood of made-up chains evicts nothing. The first judging costs 2 to 3 ms (two P-384
 * signatures, two parses), a kept one 2 µs.
 */
export interface ChainJudge {
  judge(x5c: unknown): ChainVerdict
  readonly kept: number
}

export interface Root {
  readonly certificate: X509Certificate
  readonly subject: Buffer
}

export interface Link {
  readonly certificate: X509Certificate
  readonly parts: CertificateParts
}

/** @throws when a root is not a certificate: that is a fault of the configuration. */
export function createChainJudge(roots: readonly (string | Buffer)[], now: () => number): ChainJudge {
  const trusted = rootsOf(roots)
  const kept: Recent<GoodChain> = createRecent(KEPT_CHAINS, KEPT_MS, now)
  return {
    judge: (x5c) => {
      if (!Array.isArray(x5c) || x5c.length !== 3)
        return refused('the certificate chain in its header does not have exactly three certificates')
      const [leaf, intermediate] = x5c
      if (typeof leaf !== 'string' || typeof intermediate !== 'string')
        return refused('its certificate chain is not text')
      const key = `${leaf}.${intermediate}`
      const known = kept.get(key)
      if (known !== undefined) return { ok: true, chain: known }
      const verdict = judgeChain(leaf, intermediate, trusted)
      if (verdict.ok) kept.set(key, verdict.chain)
      return verdict
    },
    get kept() {
      return kept.size
    },
  }
}

/** @throws when a root is not a certificate. */
export function rootsOf(roots: readonly (string | Buffer)[]): readonly Root[] {
  return roots.flatMap(certificatesOf).map(rootOf)
}

/** A PEM file may hold several certificates. */
function certificatesOf(root: string | Buffer): readonly (string | Buffer)[] {
  return (
    (typeof root === 'string' ? root : root.toString('latin1')).match(
      /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g,
    ) ?? [root]
  )
}

function rootOf(root: string | Buffer): Root {
  try {
    const certificate = new X509Certificate(root)
    const parts = certificateParts(certificate.raw)
    if (parts !== null) return { certificate, subject: parts.subject }
  } catch {
    // Told below, in words that say what to do.
  }
  throw new Error(
    'An Apple root certificate is not an X.509 certificate in PEM or DER form: check the file that TRIBUTARY_APPLE_ROOT_CERTS names.',
  )
}

function refused(reason: string): ChainVerdict {
  return { ok: false, reason }
}

function judgeChain(leafText: string, intermediateText: string, roots: readonly Root[]): ChainVerdict {
  const leaf = certificateOf(leafText)
  const intermediate = certificateOf(intermediateText)
  if (leaf === null || intermediate === null) return refused('its certificate chain cannot be read')
  const verdict = judgeLinks(leaf, intermediate, roots)
  return verdict.ok && verdict.chain.key.asymmetricKeyDetails?.namedCurve !== 'prime256v1'
    ? refused('its signing key is not a P-256 key')
    : verdict
}

/** The cheap checks come first: what a stranger makes up ends before a signature is computed. */
export function judgeLinks(leaf: Link, intermediate: Link, roots: readonly Root[]): ChainVerdict {
  if (!leaf.parts.extensions.has(LEAF_MARKER)) return refused('its signing certificate is not one for App Store data')
  if (!intermediate.parts.extensions.has(INTERMEDIATE_MARKER))
    return refused('its intermediate certificate is not Apple’s for App Store data')
  if (!intermediate.certificate.ca) return refused('its intermediate certificate may not issue certificates')
  if (!leaf.parts.issuer.equals(intermediate.parts.subject))
    return refused('its signing certificate names another issuer')
  const root = roots.find(
    (one) => one.subject.equals(intermediate.parts.issuer) && signedBy(intermediate.certificate, one.certificate),
  )
  if (root === undefined) return refused('its certificate chain does not lead to a trusted Apple root')
  if (!signedBy(leaf.certificate, intermediate.certificate))
    return refused('its signing certificate was not signed by the intermediate')
  const links = [leaf.certificate, intermediate.certificate, root.certificate]
  const from = Math.max(...links.map((link) => link.validFromDate.getTime()))
  const until = Math.min(...links.map((link) => link.validToDate.getTime()))
  return { ok: true, chain: { key: leaf.certificate.publicKey, from, until } }
}

function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

function certificateOf(text: string): Link | null {
  const der = Buffer.from(text, 'base64')
  // One form only: another spelling of the same bytes would count as another chain.
  return der.toString('base64') === text ? linkOf(der) : null
}

/** One certificate; null when the bytes are none. */
export function linkOf(der: Buffer): Link | null {
  try {
    const parts = certificateParts(der)
    return parts === null ? null : { certificate: new X509Certificate(der), parts }
  } catch {
    return null
  }
}
