import { type KeyObject, verify } from 'node:crypto'
import { isJson, type Json, wholeOf } from '../json.ts'
import type { ChainJudge, GoodChain } from './chain.ts'

export type Verified =
  | { readonly ok: true; readonly payload: Json }
  /** `shapeless`: no JWS at all. The reason completes "the notification was refused, since …". */
  | { readonly ok: false; readonly shapeless: boolean; readonly reason: string }

export interface JwsVerifier {
  /** `dateOf`: the moment at which the certificates must have been valid, from the payload (milliseconds). */
  verify(jws: string, dateOf?: (payload: Json) => number | null): Promise<Verified>
}

/** Apple's clocks and ours may differ by this (its own library allows the same). */
const SKEW_MS = 60_000

/**
 * The header's text is the same for all messages of one chain: what it says is then known without reading 6 KB again, and
 * comparing it with the last few costs less than looking up its hash (1 µs against 6).
 */
const KEPT_HEADERS = 4
const KEPT_MS = 3_600_000

interface KnownHeader {
  /** The first segment. */
  readonly text: string
  readonly chain: GoodChain
  readonly until: number
}

/**
 * Verifies one JWS as Apple signs: ES256 alone, the key from the judged chain alone (`jwk`, `jku`, `kid` and `x5u` are not
 * looked at).
 * With a second core the signature check moves there: a whole notification (three signatures, 19 KB) then costs the main
 * thread 65 to 110 µs in place of 270, and the machine 300 to 400 µs in place of 280 (two busy cores, Node 24.21). With
 * one core that would be a loss. One P-256 verification alone is 58 µs of OpenSSL's.
 */
export function createJwsVerifier(judge: ChainJudge, now: () => number, cores: number): JwsVerifier {
  const verifies = cores > 1 ? verifiesElsewhere : verifiesHere
  const headers: KnownHeader[] = []
  return {
    verify: async (jws, dateOf = (payload) => wholeOf(payload.signedDate)) => {
      const parts = split(jws)
      if (parts === null) return shapeless('it is not a JWS of three parts')
      const known = headers.find((header) => header.text === parts.header && header.until > now())
      const header = known ?? readHeader(parts.header, judge)
      if ('reason' in header) return header
      const { chain } = header
      if (!(await isSigned(parts, chain, verifies))) return refused('its signature does not fit its content')
      // Only after a good signature: nobody but Apple decides what is kept.
      if (known === undefined && !headers.some((header) => header.text === parts.header && header.until > now())) {
        headers.unshift({ text: parts.header, chain, until: now() + KEPT_MS })
        headers.length = Math.min(headers.length, KEPT_HEADERS)
      }
      const payload = jsonOf(parts.payload)
      if (payload === null) return refused('its content is not a JSON object')
      const date = dateOf(payload) ?? now()
      if (!isWithin(date, chain)) return refused('its certificates were not valid when it was signed')
      return { ok: true, payload }
    },
  }
}

/** Whether the certificates were valid then. */
export function isWithin(date: number, chain: GoodChain): boolean {
  return date >= chain.from - SKEW_MS && date <= chain.until + SKEW_MS
}

interface Parts {
  readonly header: string
  readonly payload: string
  readonly signature: Buffer
  /** What was signed: header and payload with their dot. */
  readonly signed: string
}

function split(jws: string): Parts | null {
  const first = jws.indexOf('.')
  const last = jws.lastIndexOf('.')
  if (first <= 0 || last <= first + 1 || jws.indexOf('.', first + 1) !== last) return null
  const text = jws.slice(last + 1)
  const signature = Buffer.from(text, 'base64url')
  // 64 bytes leave four bits of the last letter unused: only their one right spelling is taken.
  if (signature.length === 0 || signature.toString('base64url') !== text) return null
  return { header: jws.slice(0, first), payload: jws.slice(first + 1, last), signature, signed: jws.slice(0, last) }
}

function readHeader(
  segment: string,
  judge: ChainJudge,
): { readonly chain: GoodChain } | (Verified & { readonly ok: false }) {
  const header = jsonOf(segment)
  if (header === null) return shapeless('it has no readable JWS header')
  if (header.alg !== 'ES256') return refused('it is not signed with ES256')
  const verdict = judge.judge(header.x5c)
  return verdict.ok ? verdict : refused(verdict.reason)
}

type Verifies = (signed: Buffer, key: KeyObject, signature: Buffer) => boolean | Promise<boolean>

const verifiesHere: Verifies = (signed, key, signature) => verify('sha256', signed, key, signature)

const verifiesElsewhere: Verifies = (signed, key, signature) =>
  new Promise((resolve) => {
    verify('sha256', signed, key, signature, (error, good) => resolve(error === null && good))
  })

function isSigned(parts: Parts, chain: GoodChain, verifies: Verifies): boolean | Promise<boolean> {
  const signature = derSignature(parts.signature)
  // As UTF-8, so that every letter counts: as Latin-1, U+0141 would be verified as "A" and then read as nothing.
  return signature !== null && verifies(Buffer.from(parts.signed, 'utf8'), chain.key, signature)
}

/**
 * r and s, 32 bytes each, as the DER that OpenSSL works with. Node would do it for `dsaEncoding: 'ieee-p1363'`, but takes
 * 23 µs of 85 for it (Node 24.21), since it turns the key into another form each time.
 */
function derSignature(raw: Buffer): Buffer | null {
  if (raw.length !== 64) return null
  const body = Buffer.concat([derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32))])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

function derInteger(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const minimal = bytes.subarray(start)
  const pad = (minimal[0] ?? 0) >= 0x80 ? [0] : []
  return Buffer.concat([Buffer.from([0x02, minimal.length + pad.length, ...pad]), minimal])
}

/** The JSON object of one segment, unverified. */
function jsonOf(segment: string): Json | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    return isJson(value) ? value : null
  } catch {
    return null
  }
}

/** The payload of a JWS, unverified here: its signature was looked at before. */
export function payloadOf(jws: string): Json | null {
  const [, payload] = jws.split('.')
  return payload === undefined ? null : jsonOf(payload)
}

function shapeless(reason: string): Verified & { readonly ok: false } {
  return { ok: false, shapeless: true, reason }
}

function refused(reason: string): Verified & { readonly ok: false } {
  return { ok: false, shapeless: false, reason }
}
