import { describe, expect, it } from 'vitest'
import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { APPLE_ID, appOf, appStore, BUNDLE, DAY, NOW, signer, simulated } from './setting.ts'

const store = appStore()
const app = appOf()
const payload = {
  receiptType: 'Production',
  appAppleId: APPLE_ID,
  bundleId: BUNDLE,
  receiptCreationDate: NOW,
  originalPurchaseDate: NOW - 100 * DAY,
  originalApplicationVersion: '12',
}

describe('an app transaction', () => {
  it.each(['production', 'sandbox'] as const)('of %s tells how the customer came to the app', async (environment) => {
    const jws = simulated(environment).device.appTransactionJws({ at: NOW })
    expect(await store.appTransaction(jws, app)).toEqual({
      kind: 'read',
      value: { environment, originalApplicationVersion: '40', originalPurchaseDate: NOW },
    })
  })

  it('tells what it has, in whole milliseconds', async () => {
    const read = async (change: object) => store.appTransaction(signer.jws({ ...payload, ...change }), app)
    expect(await read({})).toMatchObject({
      value: { originalApplicationVersion: '12', originalPurchaseDate: NOW - 100 * DAY },
    })
    expect(await read({ originalPurchaseDate: NOW + 0.447, receiptCreationDate: NOW + 0.5 })).toMatchObject({
      value: { originalPurchaseDate: NOW },
    })
    expect(await read({ originalPurchaseDate: 'x', originalApplicationVersion: '' })).toMatchObject({
      value: { originalApplicationVersion: null, originalPurchaseDate: null },
    })
  })

  it('of anybody else is refused in a sentence', async () => {
    const impostor = createSigner(mintChain({}, NOW))
    const refused = [
      '',
      'a.b.c',
      impostor.jws(payload),
      signer.jws({ ...payload, bundleId: 'com.other.app' }),
      signer.jws({ ...payload, bundleId: undefined }),
      signer.jws({ ...payload, appAppleId: 1 }),
      signer.jws({ ...payload, appAppleId: undefined }),
      signer.jws({ ...payload, receiptType: 'Xcode' }),
      signer.jws({ ...payload, receiptType: undefined }),
      signer.jws({ ...payload, receiptCreationDate: 0 }),
      simulated('production').subscribe({ product: 'm', price: 1, period: 'P1M', at: NOW }).opening.signedPayload,
    ]
    for (const jws of refused) {
      const read = await store.appTransaction(jws, app)
      expect(read).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/^The app transaction.+\.$/) })
    }
    expect(refused).toHaveLength(11)
    const sandbox = simulated('sandbox').device.appTransactionJws()
    expect(await store.appTransaction(sandbox, appOf({ environments: ['production'] }))).toMatchObject({
      kind: 'refused',
    })
  })
})
