import { sign } from 'node:crypto'
import { type MintedChain, mintChain } from './certificates.ts'

/** Signs as Apple does: compact JWS, ES256, the chain in the header. */
export interface Signer {
  readonly chain: MintedChain
  jws(payload: object): string
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
  }
}

/** One JWS segment: JSON in base64url without padding. */
export function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
