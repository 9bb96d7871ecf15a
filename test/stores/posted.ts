import { microsOfDecimal } from '../../src/domain/money.ts'
import type { PostedBody } from '../../src/stand-ins/posted-receipts.ts'
import type { ReceiptRequest } from '../../src/stores/store.ts'
import { randomOf } from '../seed.ts'

/** What a store is asked for a body that an SDK posted. */
export function requestOf(body: PostedBody): Omit<ReceiptRequest, 'at' | 'linked'> {
  const { fetch_token, store_user_id, product_ids, platform_product_ids, price, currency } = body
  const plans = (platform_product_ids ?? []) as readonly { product_id: string; base_plan_id?: string }[]
  const named = plans.map((one) =>
    one.base_plan_id === undefined ? one.product_id : `${one.product_id}:${one.base_plan_id}`,
  )
  const micros = typeof price === 'number' ? microsOfDecimal(price) : null
  return {
    shown: { kind: 'token', token: String(fetch_token) },
    productIds: named.length > 0 ? named : ((product_ids ?? []) as readonly string[]),
    storeUserId: typeof store_user_id === 'string' ? store_user_id : null,
    sandbox: null,
    price: micros === null ? null : { micros, currency: String(currency) },
    countryCode: null,
  }
}

const FIXED: readonly string[] = [
  '',
  '.',
  '..',
  '...',
  '/',
  '//',
  '../../orders/GPA.1',
  '..%2f..%2f',
  '%2e%2e',
  'a/../b',
  'a\\..\\b',
  '?expand=x',
  '#',
  'a?b#c',
  ':batchGet',
  'a\u0000b',
  'a\r\nHost: evil',
  '\ud800',
  'a\udfffb',
  ' ',
  'a b',
  '\u202e',
  'é'.repeat(400),
  'x'.repeat(1_001),
  'x'.repeat(100_000),
  'sub_',
  'sub_../invoices',
  `sub_${'x'.repeat(300)}`,
  'cs_live_a/line_items',
  'in_1?expand[]=x',
  'pi_%00',
  '__proto__',
  'constructor',
  '{"fetch_token":1}',
  'null',
  '#1790845200000',
  'a#b#c',
  '<script>',
]

/** Texts that nobody who is well would show as a receipt: fixed ones, and drawn ones up to the count. */
export function hostileTexts(count: number): readonly string[] {
  const random = randomOf('hostile receipts')
  const below = (limit: number): number => Math.floor(random() * limit)
  const ranges = [0x20, 0x7f, 0xff, 0xffff]
  const drawn = Array.from({ length: Math.max(count - FIXED.length, 0) }, () => {
    const prefix = ['', 'sub_', 'cs_', 'in_', 'pi_', 'ch_', 'GPA.', '../'][below(8)] ?? ''
    const range = ranges[below(ranges.length)] ?? 0x7f
    return prefix + Array.from({ length: below(60) }, () => String.fromCharCode(below(range))).join('')
  })
  return [...FIXED, ...drawn]
}
