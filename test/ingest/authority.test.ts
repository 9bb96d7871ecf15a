import { describe, expect, it } from 'vitest'
import { promotionalApp } from '../../src/domain/grant.ts'
import type { App } from '../../src/domain/project.ts'
import type { PurchaseKey, SourceName, StoreName } from '../../src/domain/purchase.ts'
import { announcerInPlaceOf, comparedNote } from '../../src/ingest/authority.ts'
import { appOf } from './given.ts'

const app = (id: string, store: SourceName, over: Partial<App> = {}): App => ({ ...appOf(id), store, ...over })
const ios = app('ios', 'app_store')
const android = app('android', 'play_store')
const feed = app('rc', 'revenuecat', { settings: { authority: 'store' } })
const announcing = app('rc', 'revenuecat', { settings: { authority: 'revenuecat' } })
const sandboxOnly = { environments: ['sandbox'] } as const

const purchase = (store: StoreName): PurchaseKey => ({
  projectId: 'acme',
  store,
  environment: 'production',
  chain: '1',
  line: '',
})

describe('who announces a purchase that a store and a feed tell of', () => {
  const CASES: readonly (readonly [string, App, StoreName, readonly App[], App | null])[] = [
    ['a store alone does', ios, 'app_store', [ios, android], null],
    ['a feed alone does', feed, 'app_store', [feed], null],
    ['a feed does where another store has an app', feed, 'play_store', [feed, ios], null],
    ['beside its store a feed does not', feed, 'app_store', [feed, ios, android], ios],
    ['beside a feed the store does', ios, 'app_store', [feed, ios], null],
    ['a feed that is told to does', announcing, 'app_store', [announcing, ios], null],
    ['then the store does not', ios, 'app_store', [announcing, ios], announcing],
    ['nor does any other store', android, 'play_store', [announcing, ios, android], announcing],
    ['a feed tells of its own grants', feed, 'promotional', [feed, ios, android], null],
    ['and the hub of those that it gave', promotionalApp('acme'), 'promotional', [announcing, ios], null],
    ['an app that takes no production is not in its way', feed, 'app_store', [feed, { ...ios, ...sandboxOnly }], null],
    ['nor a feed that takes none', ios, 'app_store', [{ ...announcing, ...sandboxOnly }, ios], null],
    ['of two feeds the one that is told to', ios, 'app_store', [feed, ios, announcing], announcing],
  ]

  it.each(CASES)('%s', (_, teller, store, apps, announcer) => {
    expect(announcerInPlaceOf(teller, purchase(store), apps)).toBe(announcer)
    expect(announcerInPlaceOf(teller, purchase(store), apps.toReversed())).toBe(announcer)
  })

  it('is one of the two in every setting, never both and never none', () => {
    let seen = 0
    for (const other of [feed, announcing]) {
      for (const environments of [['production'], ['production', 'sandbox']] as const) {
        const apps = [{ ...other, environments }, ios]
        const silent = apps.filter((one) => announcerInPlaceOf(one, purchase('app_store'), apps) !== null)
        expect(silent).toHaveLength(1)
        seen += 1
      }
    }
    expect(seen).toBe(4)
  })

  it('is named on what is only compared', () => {
    expect(comparedNote(ios)).toMatch(/^Compared only: .*ios.*\.$/)
  })
})
