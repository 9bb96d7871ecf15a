import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Environment, SignedDataVerifier } from '@apple/app-store-server-library'
import type { App } from '../src/domain/project.ts'
import { createSimulatedAppStore } from '../src/stand-ins/app-store/subscription.ts'
import { createAppStore } from '../src/stores/app-store/index.ts'
import { type Contender, compared, inTurns, type Measured, type Outcome, type Scenario } from './scenario.ts'

const BUNDLE = 'com.acme.app'
const APPLE_ID = 123_456_789
const COUNT = 400
/** As many as a busy hub has in hand at once. */
const IN_FLIGHT = 32

/** One App Store notification, verified in all its parts and decoded: ours against Apple's own library. */
export const verify: Scenario = {
  name: 'verify',
  about: 'one App Store notification verified and decoded, on one core',
  run,
}

async function run(): Promise<Outcome> {
  const { bodies, root } = notifications()
  const contenders = [
    ourContender(bodies, root, 1),
    appleContender(bodies, root),
    cachedContender(bodies, root),
    ourContender(bodies, root, 2),
  ]
  const measured = (await inTurns(contenders)) as [Measured, Measured, Measured, Measured]
  const [ours, peer, cached] = measured
  const unit = 'notifications per CPU second'
  const notes = [
    `${Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length)} bytes a notification, ${COUNT} distinct ones`,
    ...measured.map(
      (one) => `${one.name}: ${Math.round(one.cpuUs)} µs of CPU each, ${Math.round(one.perSecond)}/s by the wall clock`,
    ),
  ]
  return {
    kind: 'measured',
    results: [
      compared('verify', unit, ours.perCpuSecond, peer, 20, notes),
      compared('verify-cached', unit, ours.perCpuSecond, cached, 6, notes),
    ],
  }
}

/** Distinct notifications of mixed kinds, under a chain as long as Apple's real one. */
function notifications(): { readonly bodies: readonly Buffer[]; readonly root: Buffer } {
  const apple = createSimulatedAppStore({ bundleId: BUNDLE, appAppleId: APPLE_ID, environment: 'production' })
  const at = Date.now() - 90 * 86_400_000
  while (apple.notifications.length < COUNT) {
    const s = apple.subscribe({
      product: 'com.acme.monthly',
      price: 9.99,
      period: 'P1M',
      trial: 'P1W',
      at,
      appAccountToken: '7e3fb20b-4cdb-47cc-936d-99d65f608138',
    })
    s.renew()
    s.cancel({ at: at + 20 * 86_400_000 })
    s.uncancel({ at: at + 21 * 86_400_000 })
  }
  return {
    bodies: apple.notifications.slice(0, COUNT).map((one) => one.body),
    root: apple.signer.chain.root.certificate,
  }
}

const app: App = {
  projectId: 'acme',
  id: 'ios',
  store: 'app_store',
  publicKey: null,
  environments: ['production'],
  receive: 'push',
  eventsFrom: 0,
  createdAt: 0,
  commissionRatePpm: 0,
  taxRatePpm: 0,
  settings: { bundle_id: BUNDLE, app_apple_id: APPLE_ID },
}

function ourContender(bodies: readonly Buffer[], root: Buffer, cores: number): Contender {
  const http = { send: () => Promise.reject(new Error('No request is needed.')), close: () => Promise.resolve() }
  const store = createAppStore({ http, now: Date.now, roots: [root], apiUrl: null, cores })
  const one = async (body: Buffer): Promise<void> => {
    const accepted = await store.accept({ headers: {}, body }, app)
    if (accepted.kind !== 'accepted') throw new Error(accepted.reason)
    store.decode({ ...accepted.message, receivedAt: 0 }, app)
  }
  return { name: cores === 1 ? 'tributary' : 'tributary, signatures on another core', work: () => all(bodies, one) }
}

type Judge = Pick<
  SignedDataVerifier,
  'verifyAndDecodeNotification' | 'verifyAndDecodeTransaction' | 'verifyAndDecodeRenewalInfo'
>

function work(judge: Judge, bodies: readonly Buffer[]): () => Promise<number> {
  return () =>
    all(bodies, async (body) => {
      const { signedPayload } = JSON.parse(body.toString()) as { readonly signedPayload: string }
      const { data } = await judge.verifyAndDecodeNotification(signedPayload)
      await judge.verifyAndDecodeTransaction(data?.signedTransactionInfo ?? '')
      await judge.verifyAndDecodeRenewalInfo(data?.signedRenewalInfo ?? '')
    })
}

async function all(bodies: readonly Buffer[], one: (body: Buffer) => Promise<void>): Promise<number> {
  for (let at = 0; at < bodies.length; at += IN_FLIGHT) await Promise.all(bodies.slice(at, at + IN_FLIGHT).map(one))
  return bodies.length
}

const VERSION = (
  JSON.parse(
    readFileSync(
      createRequire(import.meta.url)
        .resolve('@apple/app-store-server-library')
        .replace(/dist\/.*$/, 'package.json'),
      'utf8',
    ),
  ) as { readonly version: string }
).version

function appleContender(bodies: readonly Buffer[], root: Buffer): Contender {
  const judge = new SignedDataVerifier([root], false, Environment.PRODUCTION, BUNDLE, APPLE_ID)
  return { name: `app-store-server-library ${VERSION}`, work: work(judge, bodies) }
}

/**
 * Apple's library keeps a chain's verdict only when it asks a server about revocation. This is its cache hit without that
 * question: the same key, and the kept public key in return.
 */
function cachedContender(bodies: readonly Buffer[], root: Buffer): Contender {
  class Cached extends SignedDataVerifier {
    private readonly kept = new Map<string, ReturnType<SignedDataVerifier['verifyCertificateChain']>>()
    protected override verifyCertificateChain(
      roots: X509Certificate[],
      leaf: X509Certificate,
      intermediate: X509Certificate,
      date: Date,
    ) {
      const key = leaf.toString() + intermediate.toString()
      const known = this.kept.get(key)
      if (known !== undefined) return known
      const verdict = super.verifyCertificateChain(roots, leaf, intermediate, date)
      this.kept.set(key, verdict)
      return verdict
    }
  }
  const judge = new Cached([root], false, Environment.PRODUCTION, BUNDLE, APPLE_ID)
  return { name: `app-store-server-library ${VERSION}, chain cached`, work: work(judge, bodies) }
}
