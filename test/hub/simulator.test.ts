import { afterEach, describe, expect, it } from 'vitest'
import { DEMO_SECRET_KEY } from '../../src/cli/demo/secret-key.ts'
import { startWorld, type World } from '../../src/cli/demo/world.ts'

let world: World | null = null
afterEach(async () => {
  await world?.close()
  world = null
})

async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(`${world?.hub.address}/api/projects/acme${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${DEMO_SECRET_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

describe('simulating in the demo', () => {
  it('has every store sell something of this moment, which reaches both destinations', async () => {
    const began = Date.now()
    world = await startWorld(0)
    for (const app of ['ios', 'android', 'fire', 'web']) {
      const played = await ask('/simulate', { app, scenario: 'bought-now' })
      const { sent } = played.body as { readonly sent: readonly { readonly status: number }[] }
      expect(new Set(sent.map(({ status }) => status)), app).toEqual(new Set([200]))
    }
    await world.hub.idle()
    const { body } = await ask('/events?type=initial_purchase')
    const { items } = body as { readonly items: readonly { readonly store: string; readonly occurred_at_ms: number }[] }
    expect(new Set(items.map(({ store }) => store))).toEqual(new Set(['APP_STORE', 'PLAY_STORE', 'AMAZON', 'STRIPE']))
    for (const { occurred_at_ms } of items) expect(occurred_at_ms).toBeGreaterThan(began - 10_000)
    expect(world.clevertap.accepted()).toHaveLength(4)
    const none = await ask('/simulate', { app: 'ios', scenario: 'no-such-life' })
    expect(none.status).toBe(409)
  })
})
