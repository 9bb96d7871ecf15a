import { describe, expect, it } from 'vitest'
import { api, DAY, eventsOf, type RunningHub, startInProcess, startWorld, until } from './harness.ts'

const ENTITLEMENTS = { project: { entitlements: { premium: ['com.acme.monthly'] } } }

function post<T>(hub: RunningHub, path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  return api<T>(hub.address, `/v1/subscribers/ann/entitlements/premium/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

describe('promotional grants', () => {
  it('are told when given and when their time is up, exactly once, without money, and never as sandbox', async () => {
    let offset = 0
    const now = (): number => Date.now() + offset
    const world = await startWorld({ ...ENTITLEMENTS, now })
    const hub = await startInProcess(world, { now })
    const wish = { 'idempotency-key': 'welcome' }
    const granted = await post<{ readonly expires_date_ms: number }>(hub, 'promotional', { duration: 'weekly' }, wish)
    // Time moves only while nothing is in flight: a lease would end with it.
    await hub.idle()
    offset += 60_000
    expect(await post(hub, 'promotional', { duration: 'weekly' }, wish)).toEqual(granted)
    await hub.idle()
    offset += 7 * DAY
    await until('the end', async () => (await eventsOf(hub.address)).length === 2)
    await hub.idle()
    const events = await eventsOf(hub.address)
    expect(events.map(({ name, expiration_reason }) => [name, expiration_reason ?? null])).toEqual([
      ['non_subscription_purchase', null],
      ['expiration', 'UNKNOWN'],
    ])
    for (const event of events) {
      expect(event).toMatchObject({
        store: 'PROMOTIONAL',
        period_type: 'PROMOTIONAL',
        environment: 'PRODUCTION',
        app_user_id: 'ann',
        product_id: 'rc_promo_premium_weekly',
        entitlement_ids: ['premium'],
        price: 0,
      })
      expect(event).not.toHaveProperty('app_id')
    }
    expect(events[1]).toMatchObject({
      expiration_at_ms: granted.expires_date_ms,
      occurred_at_ms: granted.expires_date_ms,
    })
    expect(
      world.clevertap
        .accepted()
        .map(({ eventId }) => eventId)
        .sort(),
    ).toEqual(events.map(({ id }) => id).sort())
    expect(world.segment.duplicates()).toEqual([])
  })

  it('are taken back by a cancellation and an end, all that are in force and each once', async () => {
    const world = await startWorld(ENTITLEMENTS)
    const hub = await startInProcess(world)
    await post(hub, 'promotional', { duration: 'monthly' })
    await post(hub, 'promotional', { duration: 'lifetime' }, { 'idempotency-key': 'for ever' })
    expect(await post(hub, 'revoke_promotionals', {})).toEqual({ revoked: 2 })
    expect(await post(hub, 'revoke_promotionals', {})).toEqual({ revoked: 0 })
    await hub.idle()
    const told = (await eventsOf(hub.address)).map((event) => [
      event.product_id,
      event.name,
      event.cancel_reason ?? event.expiration_reason ?? null,
    ])
    for (const product of ['rc_promo_premium_monthly', 'rc_promo_premium_lifetime'])
      expect(told.filter(([of]) => of === product)).toEqual([
        [product, 'non_subscription_purchase', null],
        [product, 'cancellation', 'DEVELOPER_INITIATED'],
        [product, 'expiration', 'DEVELOPER_INITIATED'],
      ])
    expect(told).toHaveLength(6)
    expect(world.clevertap.accepted()).toHaveLength(6)
  })
})
