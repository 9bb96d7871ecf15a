import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { startAmazonStandIn } from '../../src/stand-ins/amazon/server.ts'
import { createSimulatedAmazon } from '../../src/stand-ins/amazon/store.ts'
import { startAppStoreStandIn } from '../../src/stand-ins/app-store/server.ts'
import { createSimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { mintGoogleSigner } from '../../src/stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import { createSenderActs } from '../../src/stand-ins/revenuecat/acts.ts'
import { createSimulatedSender } from '../../src/stand-ins/revenuecat/sender.ts'
import { type StandIn, startStandIn } from '../../src/stand-ins/server.ts'
import { startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'

const PAGE = readFileSync(new URL('../../src/stand-ins/README.md', import.meta.url), 'utf8')

const STARTS: Readonly<Record<string, () => Promise<StandIn>>> = {
  'App Store': () =>
    startAppStoreStandIn({
      stores: [createSimulatedAppStore({ bundleId: 'com.acme.app', appAppleId: 1, environment: 'production' })],
      keys: [],
    }),
  'Google Play': () =>
    startPlayStandIn({
      play: createSimulatedPlay({ packageName: 'com.acme.app' }),
      accounts: [],
      signer: mintGoogleSigner(),
    }),
  Amazon: () =>
    startAmazonStandIn({ stores: [createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:s' })] }),
  Stripe: () => startStripeStandIn({ accounts: [{ account: createSimulatedStripe(), key: 'sk_live_1' }] }),
  'RevenueCat-shaped': () =>
    startStandIn({
      handle: createSenderActs({ sender: createSimulatedSender(), url: null, credentials: { signingSecrets: [] } }),
    }),
}

const open: StandIn[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

describe('the page of the stand-ins', () => {
  const table = PAGE.slice(PAGE.indexOf('| store | `subscribe` | bought once |')).split('\n\n')[0] ?? ''
  const rows = table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))

  it('shows acts of every played store that are played as they stand', async () => {
    expect(rows.map(([, store]) => store)).toEqual(Object.keys(STARTS))
    for (const [, store = '', subscribe = '', once = ''] of rows) {
      const standIn = await STARTS[store]?.()
      if (standIn === undefined) throw new Error(`${store} is not started here.`)
      open.push(standIn)
      const perform = async (asked: object): Promise<{ readonly id?: string; readonly sent?: readonly unknown[] }> => {
        const answer = await fetch(`${standIn.url}/_act`, { method: 'POST', body: JSON.stringify(asked) })
        expect([store, answer.status]).toEqual([store, 200])
        return (await answer.json()) as { readonly id?: string; readonly sent?: readonly unknown[] }
      }
      const [, act = '', args = ''] = /^`(\w+)` `(.+)`$/.exec(once) ?? []
      const begun = await perform({ act: 'subscribe', args: [JSON.parse(subscribe.replaceAll('`', ''))] })
      const renewed = await perform({ act: 'renew', on: begun.id })
      const bought = await perform({ act, args: [JSON.parse(args)] })
      for (const { sent } of [begun, renewed, bought]) expect(sent?.length, store).toBeGreaterThan(0)
    }
    expect(rows).toHaveLength(5)
  })

  it('lists each file that starts one, with its options as they are', () => {
    const section = PAGE.slice(PAGE.indexOf('## As processes'), PAGE.indexOf('## Driven from outside'))
    const files = [...section.matchAll(/^\| `([\w./-]+\.ts)` \| (.+?) \| .+ \|$/gm)]
    for (const [, file = '', cells = ''] of files) {
      const source = readFileSync(new URL(`../../src/stand-ins/${file}`, import.meta.url), 'utf8')
      const known = [...source.matchAll(/^ +'?([\w-]+)'?: \{ type: '/gm)]
      const told = [...cells.matchAll(/`--([\w-]+)/g)].map(([, name]) => name)
      const names = known.map(([, name]) => name).filter((name) => name !== 'port')
      expect([file, told.toSorted()]).toEqual([file, names.toSorted()])
    }
    expect(files.map(([, file]) => file)).toHaveLength(7)
  })
})
