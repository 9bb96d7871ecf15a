import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openKeys } from '../../src/secrets/open-keys.ts'
import { operatorToken } from '../../src/secrets/operator.ts'
import { pigeonPost, startPigeonLoft, TOKEN } from '../http/made-up.ts'
import { afterwards, api, type RunningHub, startInProcess, startWorld, until } from './harness.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

function ask<T = Readonly<Record<string, unknown>>>(
  hub: RunningHub,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<T> {
  const sent = body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }
  return api<T>(hub.address, `/api/projects/acme${path}`, { method, ...sent })
}

const grant = (hub: RunningHub, customer: string) =>
  ask(hub, 'POST', `/customers/${customer}/grants`, { entitlement: 'premium', duration: 'weekly' })

describe('a destination of a test alone, in a whole hub', () => {
  it('gets what happens from the moment it is added, is paused, and ends visibly when it is removed', async () => {
    const loft = await startPigeonLoft()
    afterwards(() => loft.close())
    const world = await startWorld({ project: { entitlements: { premium: ['com.acme.monthly'] } } })
    const hub = await startInProcess(world, { destinations: [pigeonPost(loft.url)] })
    await grant(hub, 'before')
    await hub.idle()
    const settings = { token: TOKEN, loft: 'south' }
    const event_names = { non_subscription_purchase: 'Coo' }
    await ask(hub, 'POST', '/integrations', { destination: 'pigeon', settings, event_names })
    await grant(hub, 'ann')
    await until('the letter', () => loft.letters.length === 1)
    expect(loft.letters).toMatchObject([{ name: 'Coo', to: 'ann' }])

    await ask(hub, 'POST', '/integrations/pigeon/pause')
    await grant(hub, 'bob')
    await until('its delivery', async () => {
      const { deliveries } = await ask<{ readonly deliveries: { readonly waiting: number } }>(
        hub,
        'GET',
        '/integrations/pigeon',
      )
      return deliveries.waiting === 1
    })
    expect(await ask(hub, 'DELETE', '/integrations/pigeon')).toEqual({ removed: true, waiting: 1 })
    expect(loft.letters).toHaveLength(1)
    expect(JSON.stringify(hub.lines)).not.toContain(TOKEN)
  })
})

describe('what a config file changes', () => {
  it('stands in the audit log under its name or as the operator, masked, and only what changed', async () => {
    const world = await startWorld()
    type Row = { readonly actor: { readonly kind: string; readonly name: string } } & Readonly<Record<string, unknown>>
    const audit = async (hub: RunningHub) => (await ask<{ readonly items: readonly Row[] }>(hub, 'GET', '/audit')).items
    const first = await startInProcess(world)
    const made = await audit(first)
    expect(made.map(({ act, kind, on }) => `${act} ${kind} ${on}`)).toContain('create integration segment')
    expect(made.length).toBeGreaterThan(3)
    expect(new Set(made.map(({ actor }) => `${actor.kind} ${actor.name}`))).toEqual(new Set(['file tributary.yaml']))
    expect(JSON.stringify(made)).not.toMatch(/wk_live|pass-live|PRIVATE KEY/)
    await first.close()

    const hub = await startInProcess(world)
    // The file says what is so already: nothing was done.
    expect(await audit(hub)).toEqual(made)
    const text = readFileSync(world.env.TRIBUTARY_CONFIG ?? '', 'utf8').replace('"wk_live"', '"wk_another"')
    const ring = await openKeys({ given: null, dataDir: world.env.TRIBUTARY_DATA_DIR ?? '' }, hub.storage)
    const apply = async (query: string): Promise<number> => {
      const authorization = `Operator ${operatorToken(ring, Date.now())}`
      const headers = { 'content-type': 'application/yaml', authorization }
      return (await fetch(`${hub.address}/api/apply${query}`, { method: 'POST', headers, body: text })).status
    }
    expect([await apply('?dry_run=true'), await apply(''), await apply('')]).toEqual([200, 200, 200])
    const [changed, ...before] = await audit(hub)
    expect(before).toEqual(made)
    expect(changed).toMatchObject({
      actor: { kind: 'operator', name: 'the operator' },
      act: 'update',
      kind: 'integration',
      on: 'segment',
      changes: [{ path: 'settings.write_key', from: expect.stringMatching(/^•+/), to: expect.stringMatching(/^•+/) }],
    })
    expect(JSON.stringify(changed)).not.toContain('wk_another')
  })
})

describe('the App Store', () => {
  it('is asked with the key of the app, and for its own test notification', async () => {
    const world = await startWorld({ apple: { notificationUrl: null } })
    const hub = await startInProcess(world)
    expect(await ask(hub, 'POST', '/apps/ios/check')).toEqual({
      results: ['production', 'sandbox'].map((environment) => ({
        environment,
        ok: true,
        message: 'App Store accepts the credentials.',
      })),
    })
    // Nothing is entered at App Store Connect: Apple says so, and so does the answer.
    await expect(ask(hub, 'POST', '/apps/ios/test-notification')).rejects.toThrow(
      /answered 409: .*No App Store Server Notification URL/,
    )
  })

  it('sends its test notification to where it was told', async () => {
    const loft = await startPigeonLoft()
    afterwards(() => loft.close())
    const world = await startWorld({ apple: { notificationUrl: `${loft.url}/elsewhere` } })
    const hub = await startInProcess(world)
    const asked = await ask(hub, 'POST', '/apps/ios/test-notification?environment=sandbox')
    expect(asked).toEqual({ asked: true, message: expect.stringContaining('Apple was asked') })
    await until('the notification', () => loft.requests === 1)
  })
})
