import { describe, expect, it } from 'vitest'
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
