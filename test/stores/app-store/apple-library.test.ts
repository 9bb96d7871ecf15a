import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Environment, SignedDataVerifier } from '@apple/app-store-server-library'
import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/subscription.ts'
import { APPLE_ROOTS } from '../../../src/stores/app-store/apple-roots.ts'
import { createChainJudge } from '../../../src/stores/app-store/chain.ts'
import { forged, resigned } from './forge.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, DAY, envelope, NOW, post, signer, simulated } from './setting.ts'

const store = appStore()

/** Whether Apple's own library takes the notification and every part of it, as its documentation says to call it. */
async function appleTakes(body: Buffer, environment: 'production' | 'sandbox'): Promise<boolean> {
  const word = environment === 'production' ? Environment.PRODUCTION : Environment.SANDBOX
  const apple = new SignedDataVerifier([signer.chain.root.certificate], false, word, BUNDLE, APPLE_ID)
  try {
    const { signedPayload } = JSON.parse(body.toString())
    const { data, appData } = await apple.verifyAndDecodeNotification(signedPayload)
    if (data?.signedTransactionInfo !== undefined) await apple.verifyAndDecodeTransaction(data.signedTransactionInfo)
    if (data?.signedRenewalInfo !== undefined) await apple.verifyAndDecodeRenewalInfo(data.signedRenewalInfo)
    if (appData?.signedAppTransactionInfo !== undefined)
      await apple.verifyAndDecodeAppTransaction(appData.signedAppTransactionInfo)
    return true
  } catch {
    return false
  }
}

async function weTake(body: Buffer, environment: 'production' | 'sandbox'): Promise<boolean> {
  return (await post(store, body, appOf({ environments: [environment] }))).kind === 'accepted'
}

describe('Apple’s library as the judge', () => {
  it.each(['production', 'sandbox'] as const)(
    'takes what the simulated App Store sends in %s, as we do',
    async (environment) => {
      const apple = simulated(environment)
      const s = apple.subscribe({ product: 'monthly', price: 9.99, period: 'P1M', trial: 'P1W', at: NOW - 90 * DAY })
      s.renew()
      s.downgrade({ product: 'basic', price: 4.99, period: 'P1M' }, { at: NOW - 80 * DAY })
      s.failToRenew({ grace: 'P16D' })
      s.recover()
      s.upgrade({ product: 'yearly', price: 99, period: 'P1Y' }, { at: NOW - 20 * DAY })
      s.refund({ at: NOW - 19 * DAY, percent: 50 })
      apple.buyConsumable({ product: 'coins', price: 1, at: NOW })
      apple.test()
      apple.extensionSummary('monthly', { succeeded: 1, failed: 1 })
      apple.externalPurchaseToken('UNREPORTED')
      apple.rescindConsent()
      expect(apple.notifications.length).toBe(12)
      for (const { body, name } of apple.notifications) {
        expect([await appleTakes(body, environment), await weTake(body, environment)], name).toEqual([true, true])
      }
    },
  )

  it('refuses what we refuse', async () => {
    const notification = simulated('production').subscribe({
      product: 'monthly',
      price: 9.99,
      period: 'P1M',
      at: NOW,
    }).opening
    const mutants = mutantsOf(notification)
    for (const [name, body] of mutants) {
      expect([await appleTakes(body, 'production'), await weTake(body, 'production')], name).toEqual([false, false])
    }
    expect(mutants).toHaveLength(25)
  })
})

function mutantsOf(notification: SimulatedNotification): readonly (readonly [string, Buffer])[] {
  const { payload, transaction } = notification.decoded
  const chain = (options: ChainOptions): Buffer =>
    resigned(notification, {}, createSigner(mintChain({ root: signer.chain.root, ...options }, NOW)))
  const impostor = createSigner(mintChain({}, NOW))
  const [leaf, intermediate] = signer.chain.x5c
  return [
    ['another root', resigned(notification, {}, impostor)],
    ['no leaf marker', chain({ leafMarker: null })],
    ['no intermediate marker', chain({ intermediateMarker: null })],
    ['no CA', chain({ intermediateIsCa: false })],
    ['leaf names another issuer', chain({ leafIssuerName: 'x' })],
    ['intermediate names another issuer', chain({ intermediateIssuerName: 'x' })],
    ['leaf signed by the root', chain({ leafSignedBy: signer.chain.root.privateKey })],
    ['intermediate signed by the leaf', chain({ intermediateSignedBy: signer.chain.leaf.privateKey })],
    ['leaf over', chain({ leafUntil: NOW - 61_000 })],
    ['leaf not begun', chain({ leafFrom: NOW + 120_000 })],
    ['intermediate over', chain({ intermediateUntil: NOW - 61_000 })],
    ['two certificates', envelope(forged(payload, { header: { x5c: [leaf, intermediate] } }))],
    ['no certificates', envelope(forged(payload, { header: { x5c: undefined } }))],
    ['alg none', envelope(forged(payload, { header: { alg: 'none' }, signature: '' }))],
    ['HS256', envelope(forged(payload, { header: { alg: 'HS256' }, hmac: 'secret' }))],
    ['another key', envelope(forged(payload, { key: impostor.chain.leaf.privateKey }))],
    ['another app', resigned(notification, { data: { bundleId: 'com.other.app' } })],
    ['another Apple ID', resigned(notification, { data: { appAppleId: 5 } })],
    ['another environment', resigned(notification, { data: { environment: 'Sandbox' } })],
    ['Xcode', resigned(notification, { data: { environment: 'Xcode' } })],
    ['a transaction of another app', resigned(notification, { transaction: { bundleId: 'com.other.app' } })],
    ['a transaction of another environment', resigned(notification, { transaction: { environment: 'Sandbox' } })],
    ['a renewal of another environment', resigned(notification, { renewal: { environment: 'Sandbox' } })],
    ['a transaction signed by somebody else', resigned(notification, { transaction: impostor.jws(transaction ?? {}) })],
    ['a transaction that is text', resigned(notification, { transaction: 'text' })],
  ]
}

describe('the certificates that Apple’s library is tested with', () => {
  const folder = createRequire(import.meta.url)
    .resolve('@apple/app-store-server-library')
    .replace(/index\.js$/, '')
  const source = readFileSync(`${folder}tests/unit-tests/jws_verification.test.js`, 'utf8')
  const certificate = (name: string): string => {
    const found = new RegExp(`const ${name} = "([^"]+)"`).exec(source)?.[1]
    if (found === undefined)
      throw new Error(`Apple's library no longer holds ${name}: take the certificate from elsewhere.`)
    return found
  }
  const judge = createChainJudge(APPLE_ROOTS, () => NOW)

  it('Apple’s real signing chain of 2025 to 2027 is good, between its dates', () => {
    const chain = [
      certificate('REAL_APPLE_SIGNING_CERTIFICATE_BASE64_ENCODED'),
      certificate('REAL_APPLE_INTERMEDIATE_BASE64_ENCODED'),
      certificate('REAL_APPLE_ROOT_BASE64_ENCODED'),
    ]
    const verdict = judge.judge(chain)
    expect(verdict).toMatchObject({
      ok: true,
      chain: { from: Date.parse('2025-09-19T19:44:51Z'), until: Date.parse('2027-10-13T17:47:23Z') },
    })
    expect(judge.judge([chain[1], chain[1], chain[2]])).toMatchObject({ ok: false })
  })

  it('Apple’s test chains are judged as Apple judges them', () => {
    const own = createChainJudge([Buffer.from(certificate('ROOT_CA_BASE64_ENCODED'), 'base64')], () => NOW)
    const root = certificate('ROOT_CA_BASE64_ENCODED')
    const intermediate = certificate('INTERMEDIATE_CA_BASE64_ENCODED')
    expect(own.judge([certificate('LEAF_CERT_BASE64_ENCODED'), intermediate, root])).toMatchObject({ ok: true })
    expect(judge.judge([certificate('LEAF_CERT_BASE64_ENCODED'), intermediate, root])).toMatchObject({ ok: false })
    expect(own.judge([certificate('LEAF_CERT_INVALID_OID_BASE64_ENCODED'), intermediate, root])).toMatchObject({
      ok: false,
    })
    const unmarked = [
      certificate('LEAF_CERT_FOR_INTERMEDIATE_CA_INVALID_OID_BASE64_ENCODED'),
      certificate('INTERMEDIATE_CA_INVALID_OID_BASE64_ENCODED'),
      root,
    ]
    expect(own.judge(unmarked)).toMatchObject({ ok: false })
  })
})
