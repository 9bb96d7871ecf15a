import { describe, expect, it } from 'vitest'
import type { App } from '../../../src/domain/project.ts'
import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import { forged, resigned } from './forge.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, envelope, NOW, post, signer, simulated } from './setting.ts'

const store = appStore()
const plan = { product: 'monthly', price: 9.99, period: 'P1M', at: NOW }
const production = simulated('production').subscribe(plan).opening
const sandbox = simulated('sandbox').subscribe(plan).opening

async function refusal(
  body: Buffer,
  app: App = appOf(),
): Promise<{ readonly reason: string; readonly claimed: string | null }> {
  const answer = await post(store, body, app)
  if (answer.kind !== 'refused') throw new Error('It was accepted.')
  expect(answer.status).toBe(401)
  expect(answer.reason).toMatch(/\.$/)
  return answer
}

describe('another app (A5)', () => {
  it('is refused, and its bundle id is told', async () => {
    const other = createSimulatedAppStore({
      bundleId: 'com.other.app',
      appAppleId: 1,
      environment: 'production',
      signer,
      now: () => NOW,
    })
    const answer = await refusal(other.subscribe(plan).opening.body)
    expect(answer.claimed).toBe('com.other.app')
    expect(answer.reason).toContain('com.other.app')
    expect(answer.reason).toContain(BUNDLE)
  })

  it('is not hidden by a part of ours, nor is a part of theirs by our envelope', async () => {
    const bodies = [
      resigned(production, { data: { bundleId: 'com.other.app' } }),
      resigned(production, { data: { bundleId: undefined } }),
      resigned(production, { data: { bundleId: `${BUNDLE}.beta` } }),
      resigned(production, { data: { bundleId: [BUNDLE] } }),
      resigned(production, { transaction: { bundleId: 'com.other.app' } }),
      resigned(production, { transaction: { bundleId: undefined } }),
      resigned(production, { data: { appAppleId: APPLE_ID + 1 } }),
      resigned(production, { data: { appAppleId: undefined } }),
      resigned(production, { data: { appAppleId: String(APPLE_ID) } }),
      resigned(production, {
        payload: { summary: { bundleId: 'com.other.app', environment: 'Production', appAppleId: APPLE_ID } },
      }),
      resigned(production, { payload: { data: undefined } }),
    ]
    for (const body of bodies) await refusal(body)
    expect(bodies).toHaveLength(11)
  })

  it('the Apple ID counts in production alone, where it is signed', async () => {
    expect(await post(store, resigned(sandbox, { data: { appAppleId: undefined } }))).toMatchObject({
      kind: 'accepted',
    })
    const answer = await refusal(production.body, appOf({ settings: { bundle_id: BUNDLE } }))
    expect(answer.reason).toContain('app_apple_id is not set')
    expect(answer.claimed).toBe(BUNDLE)
  })
})

describe('another environment (A5, A6)', () => {
  it('each is accepted where the app takes it, and refused where it does not', async () => {
    expect(await post(store, production.body)).toMatchObject({
      kind: 'accepted',
      message: { environment: 'production' },
    })
    expect(await post(store, sandbox.body)).toMatchObject({ kind: 'accepted', message: { environment: 'sandbox' } })
    expect((await refusal(sandbox.body, appOf({ environments: ['production'] }))).reason).toContain('Sandbox')
    expect((await refusal(production.body, appOf({ environments: ['sandbox'] }))).claimed).toBe(BUNDLE)
  })

  it.each(['Xcode', 'LocalTesting', 'production', 'SANDBOX', '', 'constructor'])('%s is none', async (environment) => {
    await refusal(
      resigned(production, { data: { environment }, transaction: { environment }, renewal: { environment } }),
    )
    await refusal(
      envelope(
        forged({ ...production.decoded.payload, data: { environment, bundleId: BUNDLE, appAppleId: APPLE_ID } }),
      ),
    )
  })

  it('Xcode is none without a signature either', async () => {
    const payload = { ...production.decoded.payload, data: { environment: 'Xcode', bundleId: BUNDLE } }
    await refusal(envelope(forged(payload, { header: { alg: 'none' }, signature: 'AA' })))
  })

  it('must be the same in every part', async () => {
    const bodies = [
      resigned(production, { transaction: { environment: 'Sandbox' } }),
      resigned(production, { renewal: { environment: 'Sandbox' } }),
      resigned(production, { renewal: { environment: undefined } }),
      resigned(sandbox, { transaction: { environment: 'Production' } }),
      resigned(sandbox, { data: { environment: 'Production' } }),
      resigned(production, { data: { environment: undefined } }),
    ]
    for (const body of bodies) await refusal(body)
    expect(bodies).toHaveLength(6)
  })
})

describe('the parts', () => {
  const impostor = createSigner(mintChain({}, NOW))

  it('are each a JWS of their own, under Apple’s root', async () => {
    const { transaction, renewal } = production.decoded
    const bodies = [
      resigned(production, { transaction: impostor.jws(transaction ?? {}) }),
      resigned(production, { renewal: impostor.jws(renewal ?? {}) }),
      resigned(production, { transaction: 'not.a.jws' }),
      resigned(production, { transaction: 'text' }),
      resigned(production, { transaction: forged(transaction ?? {}, { header: { alg: 'none' }, signature: 'AA' }) }),
      resigned(production, { data: { signedTransactionInfo: { transactionId: '1' } } }),
      resigned(production, { data: { signedRenewalInfo: 7 } }),
      resigned(production, {
        data: { signedSomethingNew: impostor.jws({ bundleId: BUNDLE, environment: 'Production' }) },
      }),
    ]
    for (const body of bodies) await refusal(body)
    expect(bodies).toHaveLength(8)
  })

  it('that Apple does not send are not missed', async () => {
    const answer = await post(store, resigned(production, { data: { signedRenewalInfo: undefined } }))
    expect(answer.kind).toBe('accepted')
  })
})

describe('what is not about a purchase', () => {
  const apple = simulated('production')
  const appleSandbox = simulated('sandbox')

  it('a summary is of its own app and environment', async () => {
    const summary = apple.extensionSummary('monthly', { succeeded: 5, failed: 2 })
    expect(await post(store, summary.body)).toMatchObject({
      kind: 'accepted',
      message: { type: 'RENEWAL_EXTENSION/SUMMARY' },
    })
    await refusal(summary.body, appOf({ environments: ['sandbox'] }))
    await refusal(summary.body, appOf({ settings: { bundle_id: 'com.other.app', app_apple_id: APPLE_ID } }))
  })

  it('a token of an external purchase is of the sandbox when its id begins so', async () => {
    const token = apple.externalPurchaseToken('UNREPORTED')
    expect(await post(store, token.body)).toMatchObject({ kind: 'accepted', message: { environment: 'production' } })
    expect(await post(store, appleSandbox.externalPurchaseToken('CREATED').body)).toMatchObject({
      message: { environment: 'sandbox' },
    })
    await refusal(token.body, appOf({ settings: { bundle_id: BUNDLE, app_apple_id: 1 } }))
  })

  it('a withdrawn consent carries an app transaction, which is judged too', async () => {
    const consent = apple.rescindConsent()
    expect(await post(store, consent.body)).toMatchObject({ kind: 'accepted', message: { type: 'RESCIND_CONSENT' } })
    const { payload } = consent.decoded
    const app = { appAppleId: APPLE_ID, bundleId: BUNDLE, environment: 'Production' }
    const inner = { receiptType: 'Production', bundleId: BUNDLE, appAppleId: APPLE_ID, receiptCreationDate: NOW }
    const wrong = [
      { receiptType: 'Sandbox' },
      { bundleId: 'com.other.app' },
      { appAppleId: 1 },
      { receiptCreationDate: 0 },
    ]
    const bodyOf = (change: object): Buffer =>
      envelope(
        signer.jws({ ...payload, appData: { ...app, signedAppTransactionInfo: signer.jws({ ...inner, ...change }) } }),
      )
    expect((await post(store, bodyOf({}))).kind).toBe('accepted')
    for (const change of wrong) await refusal(bodyOf(change))
    expect(wrong).toHaveLength(4)
  })

  it('a test, and a type that nobody knows yet, in an object that nobody knows yet, are accepted', async () => {
    expect(await post(store, apple.test().body)).toMatchObject({ kind: 'accepted', message: { type: 'TEST' } })
    const unknown = { notificationType: 'BRAND_NEW', notificationUUID: 'u-1', version: '3.0', signedDate: NOW }
    const named = { bundleId: BUNDLE, appAppleId: APPLE_ID, environment: 'Production' }
    expect(await post(store, envelope(signer.jws({ ...unknown, newData: named })))).toMatchObject({
      kind: 'accepted',
      message: { sourceKey: 'u-1' },
    })
    await refusal(envelope(signer.jws({ ...unknown, newData: { ...named, bundleId: 'com.other.app' } })))
    await refusal(envelope(signer.jws(unknown)))
  })

  it('what carries no id is known by its content', async () => {
    const { payload } = apple.test().decoded
    const body = envelope(signer.jws({ ...payload, notificationUUID: undefined }))
    const first = await post(store, body)
    expect(first).toMatchObject({
      kind: 'accepted',
      message: { sourceKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    })
    expect(await post(store, body)).toEqual(first)
  })
})
