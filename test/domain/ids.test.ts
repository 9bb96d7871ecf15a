import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anonymousOwner,
  attributeSetHash,
  customerId,
  deliveryId,
  eventId,
  notificationId,
  type What,
} from '../../src/domain/ids.ts'
import type { PurchaseKey } from '../../src/domain/purchase.ts'
import { seed } from '../seed.ts'

/**
 * These ids are in customers' systems. A change here sends history again: it needs a major version and the section
 * "what destinations will see" of CHANGELOG.md.
 */
const EVENTS: readonly (readonly [readonly [string, string, string, string, string], What, string, string, string])[] =
  [
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'purchase',
      '2000000123456790',
      '1',
      'evt_6vx3uybsg5hlff6qu6ur4lf4um',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'cancel',
      '2000000123456790',
      '1',
      'evt_ozegol65y6xgo63crcbah2pth5',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'uncancel',
      '2000000123456790',
      '1',
      'evt_hejgrza3krqcaobeu6ogqjvjng',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'billing_issue',
      '2000000123456790',
      '1',
      'evt_nnih3om32qyzfcys75ytx7wlwe',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'pause',
      '2000000123456790',
      '1',
      'evt_lojoprm34674ag6e5vnrqamupe',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'change',
      '2000000123456790',
      '1',
      'evt_em3gspphcjly5d64l36upvup4x',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'refund',
      '2000000123456790',
      '1',
      'evt_fpcdqep5sk2v36ej4kmlqkfkuq',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'refund_reversed',
      '2000000123456790',
      '1',
      'evt_nf56l6zcdxhytgclp6t3rj65je',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'extend',
      '2000000123456790',
      '1',
      'evt_i2cpio43hvo47g3mdsesbosraj',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'expire',
      '2000000123456790',
      '1',
      'evt_rvlavubolfm66kbvphnlqpqfta',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'transfer',
      '2000000123456790',
      '1',
      'evt_xeaphtze23ahaijxzzianxi2zh',
    ],
    [
      ['acme', 'app_store', 'production', '2000000123456789', ''],
      'cancel',
      '2000000123456790',
      '2',
      'evt_3362wdadnnuxxvazfahf7ykjgq',
    ],
    [['acme', 'stripe', 'production', 'sub_1', 'si_1'], 'refund', 'in_1', 're_1', 'evt_vgpxcrponmuu5brce4o47eml42'],
    [
      ['acme', 'play_store', 'sandbox', 'tok', 'gold:monthly'],
      'purchase',
      'GPA.1234-5678-9012-34567..0',
      '1',
      'evt_nmsfuxxgl55n2ol3zbcuffrgws',
    ],
    [
      ['acme', 'amazon', 'production', 'q1:11', ''],
      'purchase',
      'q1:11#1790845200000',
      '1',
      'evt_563ner7idiaycdhpmxufln5qo6',
    ],
    [['acme', 'promotional', 'production', 'grant_1', ''], 'expire', 'grant_1', '1', 'evt_bq4kfnwae7alf3w2endyts7pc3'],
    [
      ['ärger', 'app_store', 'production', '2000000123456789', ''],
      'purchase',
      'ü',
      '1',
      'evt_xwfjvbzx6h6nnsoayk7w2x63vz',
    ],
  ]

const KEY: PurchaseKey = {
  projectId: 'acme',
  store: 'app_store',
  environment: 'production',
  chain: '2000000123456789',
  line: '',
}

/** RFC 4648 in lower case over the first 130 bits, by another way: the hash as one number, five bits at a time. */
function recomputed(prefix: string, parts: readonly string[]): string {
  const bits = BigInt(`0x${createHash('sha256').update(parts.join('\n')).digest('hex')}`)
  const letters = Array.from({ length: 26 }, (_, place) => {
    const value = Number((bits >> BigInt(256 - 5 * (place + 1))) & 31n)
    return value < 26 ? String.fromCharCode(97 + value) : String(value - 24)
  })
  return `${prefix}_${letters.join('')}`
}

function keyOf([projectId, store, environment, chain, line]: (typeof EVENTS)[number][0]): PurchaseKey {
  return { projectId, store, environment, chain, line } as PurchaseKey
}

describe('ids are derived, and stay what they are', () => {
  it.each(EVENTS)('%j %s of %s, %s', (key, what, period, n, id) => {
    expect(eventId(keyOf(key), what, period, n)).toBe(id)
    expect(recomputed('evt', [...key, what, period, n])).toBe(id)
  })

  it('hold a vector for each thing that can happen', () => {
    expect(new Set(EVENTS.map(([, what]) => what)).size).toBe(11)
    expect(new Set(EVENTS.map(([, , , , id]) => id)).size).toBe(EVENTS.length)
  })

  it('of notifications, deliveries and customers', () => {
    const event = 'evt_6vx3uybsg5hlff6qu6ur4lf4um'
    const uuid = '2f0c6f2e-0001-4000-a000-000000000001'
    expect(notificationId('acme', 'ios', uuid)).toBe('ntf_hhmj6w3sbcefdfxayjmbjmkhgu')
    expect(recomputed('ntf', ['acme', 'ios', uuid])).toBe('ntf_hhmj6w3sbcefdfxayjmbjmkhgu')
    expect(deliveryId('segment', event)).toBe('dlv_dv2ht6tgx4y6ycxfbx4tvm5j7e')
    expect(recomputed('dlv', ['segment', event])).toBe('dlv_dv2ht6tgx4y6ycxfbx4tvm5j7e')
    expect(customerId('acme', 'user-1')).toBe('cus_qhjruuku352edkqi3bxvsifd7x')
    expect(recomputed('cus', ['acme', 'user-1'])).toBe('cus_qhjruuku352edkqi3bxvsifd7x')
  })

  it('of the anonymous owner of a chain, whatever its line', () => {
    const owner = '$RCAnonymousID:05f1888d0f2e5149052ae5e21312ca23'
    const hash = createHash('sha256').update('acme\napp_store\nproduction\n2000000123456789').digest('hex')
    expect(anonymousOwner(KEY)).toBe(owner)
    expect(owner).toBe(`$RCAnonymousID:${hash.slice(0, 32)}`)
    expect(anonymousOwner({ ...KEY, line: 'gold' })).toBe(owner)
    expect(anonymousOwner({ ...KEY, environment: 'sandbox' })).not.toBe(owner)
  })

  it('of attribute sets', () => {
    const two = { $email: { value: 'a@b.c', updatedAt: 1 }, age: { value: '24', updatedAt: 2 } }
    expect(attributeSetHash({})).toBe('att_4oymiquy7qobjgx36tejs35zeq')
    expect(attributeSetHash(two)).toBe('att_bmx2l4psg2j2poi46all3skjfg')
    expect(recomputed('att', ['["$email","a@b.c",1]', '["age","24",2]'])).toBe('att_bmx2l4psg2j2poi46all3skjfg')
    expect(attributeSetHash({ 'a"b': { value: 'line\nfeed', updatedAt: 0 } })).toBe('att_v5airv5wixum4ds2dddwoesk2k')
  })

  it('of attribute sets do not depend on the order of the keys, and on nothing less than their content', () => {
    const set = fc.dictionary(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.record({ value: fc.string({ maxLength: 6 }), updatedAt: fc.nat(3) }),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(set, set, (one, other) => {
        const turned = Object.fromEntries(Object.entries(one).reverse())
        expect(attributeSetHash(turned)).toBe(attributeSetHash(one))
        const sorted = (of: typeof one): string =>
          JSON.stringify(
            Object.keys(of)
              .sort()
              .map((name) => [name, of[name]]),
          )
        const same = sorted(one) === sorted(other)
        expect(attributeSetHash(one) === attributeSetHash(other)).toBe(same)
      }),
      { seed, numRuns: 500 },
    )
  })
})
