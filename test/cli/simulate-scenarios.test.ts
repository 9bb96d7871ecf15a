import { afterEach, describe, expect, it } from 'vitest'
import { startAmazonStandIn } from '../../src/stand-ins/amazon/server.ts'
import { createSimulatedAmazon } from '../../src/stand-ins/amazon/store.ts'
import { startAppStoreStandIn } from '../../src/stand-ins/app-store/server.ts'
import { createSimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { mintGoogleSigner } from '../../src/stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'
import { play, type Sent } from '../../src/stand-ins/playbooks/play.ts'
import { PLAYBOOKS } from '../../src/stand-ins/playbooks/playbooks.ts'
import { type StandIn, startStandIn } from '../../src/stand-ins/server.ts'
import { startStripeStandIn } from '../../src/stand-ins/stripe/server.ts'
import { createSimulatedStripe } from '../../src/stand-ins/stripe/simulator.ts'

const STARTS: Readonly<Record<string, () => Promise<StandIn>>> = {
  app_store: () =>
    startAppStoreStandIn({
      stores: [createSimulatedAppStore({ bundleId: 'com.acme.app', appAppleId: 1, environment: 'production' })],
      keys: [],
    }),
  play_store: () =>
    startPlayStandIn({
      play: createSimulatedPlay({ packageName: 'com.acme.app' }),
      accounts: [],
      signer: mintGoogleSigner(),
    }),
  amazon: () =>
    startAmazonStandIn({ stores: [createSimulatedAmazon({ packageName: 'com.acme.app', sharedSecret: '2:s' })] }),
  stripe: () => startStripeStandIn({ accounts: [{ account: createSimulatedStripe(), key: 'sk_live_1' }] }),
}

const open: StandIn[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

const SCRIPTS = PLAYBOOKS.flatMap(({ store, scripts }) =>
  scripts.map((script) => ({ store, name: script.name, script })),
)

describe('the scenarios of simulate', () => {
  it.each(SCRIPTS)('$store $name is what the stand-in can live, nothing of it ahead of its step', async (one) => {
    const receiver = await startStandIn({ handle: () => ({ status: 200, body: '' }) })
    const standIn = await STARTS[one.store]?.()
    if (standIn === undefined) throw new Error(`No stand-in of ${one.store} is started here.`)
    open.push(receiver, standIn)
    const now = Date.now()
    let waited = 0
    const wait = async (ms: number): Promise<void> => {
      waited += ms
    }
    const sent: Sent[] = []
    for await (const message of play(one.script, { standIn: standIn.url, notify: receiver.url, now, wait })) {
      sent.push(message)
      expect(message.at, message.name).toBeLessThanOrEqual(now + waited)
      expect(message.status).toBe(200)
    }
    expect(sent.length).toBeGreaterThanOrEqual(one.script.steps(now).length)
    expect(receiver.requests).toBe(sent.length)
  })

  it('are there for every store that is played, eleven on average', () => {
    expect(PLAYBOOKS.map(({ store }) => store)).toEqual(Object.keys(STARTS))
    expect(SCRIPTS).toHaveLength(45)
  })
})
