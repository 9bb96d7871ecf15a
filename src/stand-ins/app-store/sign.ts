import { sign } from 'node:crypto'
import { type MintedChain, mintChain } from './certificates.ts'
import { context, integer, nothing, octets, oid, sequence, set } from './der.ts'

/** Signs as Apple does: compact JWS, ES256, the chain in the header. */
export interface Signer {
  readonly chain: MintedChain
  jws(payload: object): string
  /** As app receipts are signed: PKCS#7 with RSA and SHA-256 (SHA-1 until 2025), the chain beside it. */
  signedData(content: Buffer, digest?: 'sha1' | 'sha256'): Buffer
}

export function createSigner(chain: MintedChain = mintChain()): Signer {
  const header = segment({ alg: 'ES256', x5c: chain.x5c })
  return {
    chain,
    jws: (payload) => {
      const signed = `${header}.${segment(payload)}`
      const signature = sign('sha256', Buffer.from(signed), { key: chain.leaf.privateKey, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
    signedData: (content, digest = 'sha256') => signedData(content, chain, digest),
  }
}

/** One JWS segment: JSON in base64url without padding. */
export function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

const DIGESTS = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const

/** RFC 2315, 9: one signer, over the content itself, as in the receipts that Apple signed from 2020 to 2025. */
function signedData(content: Buffer, chain: MintedChain, digest: keyof typeof DIGESTS): Buffer {
  const leaf = chain.receiptLeaf
  const version = integer(Buffer.from([1]))
  const hashed = sequence(oid(DIGESTS[digest]), nothing())
  const signer = sequence(
    version,
    sequence(leaf.issuer, leaf.serial),
    hashed,
    sequence(oid('1.2.840.113549.1.1.1'), nothing()),
    octets(sign(digest, content, leaf.privateKey)),
  )
  const certificates = [leaf, chain.intermediate, chain.root].map(({ certificate }) => certificate)
  const data = sequence(
    version,
    set(hashed),
    sequence(oid('1.2.840.113549.1.7.1'), context(0, octets(content))),
    context(0, ...certificates),
    set(signer),
  )
  return sequence(oid('1.2.840.113549.1.7.2'), context(0, data))
}
