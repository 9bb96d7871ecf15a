import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { chainName, purchaseName } from '../../src/domain/ids.ts'
import { type PurchaseKey, STORES, type StoreName } from '../../src/domain/purchase.ts'

const TOKEN = 'kfldmnaboe.AO-J1OwDgQ7m9'
const HASH = createHash('sha256').update(TOKEN).digest('hex').slice(0, 12)

function keyOf(store: StoreName, line: string): PurchaseKey {
  return { projectId: 'acme', store, environment: 'production', chain: TOKEN, line }
}

describe('a purchase in the logs', () => {
  it.each([
    ['play_store', '', `acme/play_store/production/#${HASH}`],
    ['play_store', 'maps', `acme/play_store/production/#${HASH}/maps`],
    ['amazon', '', `acme/amazon/production/#${HASH}`],
    ['app_store', '', `acme/app_store/production/${TOKEN}`],
    ['stripe', 'si_1', `acme/stripe/production/${TOKEN}/si_1`],
  ] as const)('%s %s is named %s', (store, line, name) => {
    expect(purchaseName(keyOf(store, line))).toBe(name)
  })

  it('has a name in every store', () => {
    const hidden = STORES.filter((store) => chainName(store, TOKEN) !== TOKEN)
    expect(hidden).toEqual(['play_store', 'amazon'])
  })
})
