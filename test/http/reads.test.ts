import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LifecycleEvent } from '../../src/domain/event.ts'
import type { CustomerRow, NewDelivery } from '../../src/storage/rows.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { ACME_KEY, eventOf, memoryHub, NOW } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const EVENTS = 25

let folder: string
let storage: Storage
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-reads-'))
  storage = await openEmbedded({ folder })
  await fill(storage)
})
afterAll(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

/** One customer with a purchase, 25 events in each of two projects, their deliveries, and a notification. */
async function fill(into: Storage): Promise<void> {
  for (const projectId of ['acme', 'other']) {
    const attributes = { $email: { value: `someone@${projectId}.example`, updatedAt: NOW } }
    const customer: CustomerRow = {
      projectId,
      id: `cus_of_${projectId}`,
      version: 0,
      originalAppUserId: 'user-1',
      lastSeenAppUserId: 'user-1',
      lastSeq: EVENTS,
      firstSeenAt: NOW,
      lastSeenAt: NOW,
      aliases: ['user-1', 'user-1-before'],
      attributes,
      deletedAttributes: {},
      onlyNamed: false,
    }
    const events = Array.from({ length: EVENTS }, (_, index) => {
      const { attributes: _kept, ...event } = eventOf(projectId, {
        id: `evt_${projectId}_${String(index).padStart(2, '0')}`,
        customerId: customer.id,
        seq: index + 1,
        attributeSet: 'set_1',
        ...(index % 5 === 0 ? ({ type: 'EXPIRATION', name: 'expiration', environment: 'sandbox' } as const) : {}),
      })
      return { event, notificationId: 'ntf_1' }
    })
    const { purchase: key } = eventOf(projectId)
    await into.keepNotifications([
      {
        id: `ntf_${projectId}`,
        projectId,
        appId: 'ios',
        store: 'app_store',
        environment: 'production',
        sourceKey: 'uuid-1',
        type: 'DID_RENEW',
        via: 'push',
        sentAt: NOW,
        receivedAt: NOW,
        body: Buffer.from('{"signedPayload":"kept"}'),
      },
    ])
    await into.step({ purchases: [key], appUserIds: [] }, () => ({
      save: {
        customers: [customer],
        purchases: [{ key, appId: 'ios', customerId: customer.id, version: 0, checkAt: null, body: '{}' }],
        attributeSets: [{ projectId, hash: 'set_1', attributes }],
        events,
        deliveries: events.map(({ event }) => deliveryOf(event)),
      },
      result: null,
    }))
  }
}

function deliveryOf(event: Omit<LifecycleEvent, 'attributes'>): NewDelivery {
  return {
    id: `dlv_${event.id}`,
    projectId: event.projectId,
    integrationId: 'segment',
    environment: event.environment,
    customerId: event.customerId,
    eventId: event.id,
    seq: event.seq,
    status: 'skipped',
    reason: 'sandbox_off',
    mayGoAt: 0,
    createdAt: NOW,
  }
}

interface Listed {
  readonly items: readonly { readonly id: string }[]
  readonly next: string | null
}

async function overStorage(): Promise<Started> {
  const hub = memoryHub()
  return started({
    hub: Object.assign(hub, { doors: { ...hub.doors, reads: storage, health: { ping: () => storage.ping() } } }),
  })
}

async function get(servers: Started, path: string) {
  return servers.public.inject({ url: `/api/projects/acme${path}`, headers: { authorization: `Bearer ${ACME_KEY}` } })
}

/** All ids of a list, page by page. */
async function all(
  servers: Started,
  path: string,
  parameter: 'after' | 'before',
  first: string,
): Promise<readonly string[]> {
  const ids: string[] = []
  let query = first
  for (let page = 0; page < 50; page += 1) {
    const answer = await get(servers, `${path}${path.includes('?') ? '&' : '?'}limit=4${query}`)
    expect(answer.statusCode, answer.body).toBe(200)
    const { items, next } = answer.json<Listed>()
    ids.push(...items.map(({ id }) => id))
    if (next === null || items.length === 0) return ids
    query = `&${parameter}=${encodeURIComponent(next)}`
  }
  throw new Error('The list does not end.')
}

const allIds = Array.from({ length: EVENTS }, (_, index) => `evt_acme_${String(index).padStart(2, '0')}`)

describe('the API over the embedded storage', () => {
  it('gives every event once, newest first by before, oldest first by after', async () => {
    const servers = await overStorage()
    expect(await all(servers, '/events', 'before', '')).toEqual(allIds.toReversed())
    expect(await all(servers, '/events', 'after', '&after=')).toEqual(allIds)
  })

  it('has a next for followers even where nothing is new, which goes on from there', async () => {
    const servers = await overStorage()
    const { next } = (await get(servers, '/events?after=&limit=200')).json<Listed>()
    expect(next).not.toBeNull()
    const later = (await get(servers, `/events?after=${encodeURIComponent(next ?? '')}`)).json<Listed>()
    expect(later.items).toEqual([])
    expect(later.next).not.toBeNull()
  })

  it('filters by type in either vocabulary, environment and any id of the customer', async () => {
    const servers = await overStorage()
    const expirations = allIds.filter((_, index) => index % 5 === 0)
    for (const query of ['type=EXPIRATION', 'type=expiration', 'environment=SANDBOX']) {
      expect(await all(servers, `/events?${query}`, 'before', ''), query).toEqual(expirations.toReversed())
    }
    expect(await all(servers, '/events?customer=user-1-before', 'before', '')).toHaveLength(EVENTS)
    expect(await all(servers, '/events?customer=nobody', 'before', '')).toEqual([])
  })

  it('shows an event with the attributes it froze and its deliveries', async () => {
    const servers = await overStorage()
    expect((await get(servers, '/events/evt_acme_00')).json()).toMatchObject({
      id: 'evt_acme_00',
      subscriber_attributes: { $email: { value: 'someone@acme.example', updated_at_ms: NOW } },
      deliveries: [{ id: 'dlv_evt_acme_00', status: 'skipped', reason: 'sandbox_off' }],
      attempts: [],
    })
    expect((await get(servers, '/events/evt_other_00')).statusCode).toBe(404)
  })

  it('pages through deliveries and finds one', async () => {
    const servers = await overStorage()
    const ids = await all(servers, '/integrations/segment/deliveries?status=skipped', 'before', '')
    expect([...ids].sort()).toEqual(allIds.map((id) => `dlv_${id}`))
    expect((await get(servers, '/deliveries/dlv_evt_acme_01')).json()).toMatchObject({
      event_id: 'evt_acme_01',
      attempt_log: [],
    })
    expect((await get(servers, '/deliveries/dlv_evt_other_01')).statusCode).toBe(404)
    expect((await get(servers, '/integrations/segment')).json().deliveries).toMatchObject({ skipped: EVENTS })
  })

  it('shows notifications, the raw body, and what an app last heard', async () => {
    const servers = await overStorage()
    expect((await get(servers, '/notifications')).json<Listed>().items.map(({ id }) => id)).toEqual(['ntf_acme'])
    expect((await get(servers, '/notifications/ntf_acme?body=text')).json().body.content).toBe(
      '{"signedPayload":"kept"}',
    )
    expect((await get(servers, '/notifications/ntf_other')).statusCode).toBe(404)
    expect((await get(servers, '/apps/ios')).json()).toMatchObject({
      last_notification: { type: 'DID_RENEW' },
      notifications: { waiting: 1 },
    })
  })

  it('shows a customer by an older id', async () => {
    const servers = await overStorage()
    expect((await get(servers, '/customers/user-1-before')).json()).toMatchObject({
      original_app_user_id: 'user-1',
      attributes: { $email: { value: 'someone@acme.example' } },
      purchases: [{ store: 'app_store', chain: '1000000000000001' }],
      timeline: expect.objectContaining({ length: EVENTS }),
    })
  })

  it('answers 400 to a place that no list gave', async () => {
    const servers = await overStorage()
    for (const path of [
      '/events?after=nowhere',
      '/events?before=nowhere',
      '/notifications?before=nowhere',
      '/integrations/segment/deliveries?before=nowhere',
    ]) {
      expect((await get(servers, path)).statusCode, path).toBe(400)
    }
  })

  it('is ready, and has depths to scrape', async () => {
    const servers = await overStorage()
    expect((await servers.public.inject('/readyz')).statusCode).toBe(200)
    expect((await servers.metrics?.inject('/metrics'))?.body).toContain('tributary_notifications{status="waiting"}')
  })
})
