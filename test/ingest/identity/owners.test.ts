import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import {
  alias,
  identify,
  keepAttribution,
  openCustomer,
  setAttributes,
} from '../../../src/ingest/identity/customers.ts'
import { type Desk, type DeskOptions, keyOf, openDesk } from './desk.ts'

const open: Desk[] = []
afterEach(async () => {
  for (const desk of open.splice(0)) await desk.close()
})
async function desk(options?: DeskOptions): Promise<Desk> {
  const opened = await openDesk(options)
  open.push(opened)
  return opened
}

const ANON = `$RCAnonymousID:${'a'.repeat(32)}`
const TOKEN = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
const SECOND = 1_000

async function eventsOf(here: Desk) {
  const query = { projectId: 'acme', after: '', before: null, types: [], customer: null, environment: null, limit: 100 }
  return (await here.storage.listEvents(query)).items.map(({ event }) => event)
}

async function ownerOf(here: Desk, name: string): Promise<readonly string[]> {
  const row = await here.storage.getPurchase(keyOf(name, here.app))
  const [first = ''] = (await eventsOf(here))
    .filter(({ purchase }) => purchase.chain === name)
    .map((one) => one.appUserId)
  const customer = await here.storage.getCustomer('acme', first)
  expect(customer?.id).toBe(row?.customerId)
  return customer?.aliases ?? []
}

describe('a purchase whose notification and receipt come', () => {
  const paths: readonly (readonly [string, (here: Desk) => Promise<unknown>])[] = [
    ['the receipt alone', (here) => here.receipt('ann', 'p')],
    ['the receipt first', async (here) => [await here.receipt('ann', 'p'), await here.notify('p')]],
    ['the notification first, at once', async (here) => [await here.notify('p'), await here.receipt('ann', 'p')]],
    [
      'the notification first, a while before',
      async (here) => {
        await here.notify('p')
        here.advance(30 * SECOND)
        return here.receipt('ann', 'p')
      },
    ],
    [
      'the notification first, naming the account',
      async (here) => [await here.notify('p', 'ann'), await here.receipt('ann', 'p@ann')],
    ],
    ['both at once', (here) => Promise.all([here.notify('p'), here.receipt('ann', 'p')])],
    ['two receipts at once', (here) => Promise.all([here.receipt('ann', 'p'), here.receipt('ann', 'p')])],
    [
      'an Apple token, which is the id in lower case, then its receipt',
      async (here) => [
        await here.notify('p', TOKEN),
        await here.receipt(TOKEN.toUpperCase(), `p@${TOKEN}`),
        await openCustomer('acme', 'ann', here.deps),
        await alias('acme', TOKEN.toUpperCase(), 'ann', true, here.deps),
      ],
    ],
  ]

  it.each(paths)('%s: one customer, one event, the right identity', async (_what, play) => {
    const here = await desk()
    await setAttributes('acme', 'ann', [{ key: '$clevertapId', value: 'ct-1', updatedAt: 1 }], here.deps)
    await play(here)
    const events = await eventsOf(here)
    expect(events.map(({ type }) => type)).toEqual(['INITIAL_PURCHASE'])
    expect(await ownerOf(here, 'p')).toContain('ann')
    expect((await here.storage.getCustomer('acme', 'ann'))?.originalAppUserId).not.toContain('$RCAnonymousID')
    here.advance(61 * SECOND)
    expect(await here.deliver()).toBe(2)
    expect(await here.deliver()).toBe(0)
    expect(here.sent.map(({ channel, identity }) => [channel, identity])).toEqual([
      ['segment', '{"userId":"ann"}'],
      ['clevertap', '{"objectId":"ct-1","identity":"ann"}'],
    ])
  })

  it('within the hold, the event is frozen again: id, aliases, attributes, offering; and goes out at once', async () => {
    const here = await desk()
    await here.notify('p')
    const [before] = await eventsOf(here)
    expect(before?.appUserId).toContain('$RCAnonymousID')
    expect(before?.provisionalUntil).toBe(here.now() + 60 * SECOND)
    expect(await here.deliver()).toBe(0)
    here.advance(20 * SECOND)
    await here.receipt('ann', 'p', {
      offeringId: 'spring',
      attributes: [{ key: '$email', value: 'ann@example.com', updatedAt: null }],
    })
    const [after, ...others] = await eventsOf(here)
    expect(others).toEqual([])
    expect(after).toMatchObject({
      id: before?.id,
      appUserId: 'ann',
      originalAppUserId: 'ann',
      provisionalUntil: null,
      presentedOfferingId: 'spring',
      attributes: { $email: { value: 'ann@example.com' } },
    })
    expect(await here.deliver()).toBe(2)
    expect(here.sent.map(({ event }) => event.appUserId)).toEqual(['ann', 'ann'])
  })

  it('after the hold, the content stays and what was not tried takes the identity of now', async () => {
    const here = await desk()
    await here.notify('p')
    here.advance(61 * SECOND)
    const lots = await here.storage.claimLots({
      owner: 'one',
      now: here.now(),
      leaseUntil: here.now() + 30 * SECOND,
      channels: [{ ...segmentOnly, version: 1 }],
    })
    expect(lots.lots).toHaveLength(1)
    await here.receipt('ann', 'p')
    const [event] = await eventsOf(here)
    expect(event?.appUserId).toContain('$RCAnonymousID')
    expect(event?.provisionalUntil).toBeNull()
  })

  it('has no hold where the message names the owner, or where no receipt ever came', async () => {
    const named = await desk()
    await named.notify('p', 'ann')
    expect(await named.deliver()).toBe(2)
    const silent = await desk({ getsReceipts: false })
    await silent.notify('p')
    expect(await silent.deliver()).toBe(2)
    const known = await desk()
    await known.notify('p')
    known.advance(3_600 * SECOND)
    await known.notify('p', null, 2)
    expect(await known.deliver()).toBe(2)
    expect(await known.deliver()).toBe(2)
  })

  it('whose account a later message names becomes that account’s', async () => {
    const here = await desk()
    await here.notify('p')
    here.advance(5 * SECOND)
    await here.notify('p', 'ann')
    expect(await ownerOf(here, 'p')).toEqual(['ann', expect.stringContaining('$RCAnonymousID')])
    expect((await eventsOf(here)).map(({ appUserId }) => appUserId)).toEqual(['ann'])
    await here.notify('p', 'bob')
    expect(await ownerOf(here, 'p')).toContain('ann')
  })
})

const segmentOnly = {
  projectId: 'acme',
  channelId: 'segment:production',
  slots: 4,
  deliveries: 100,
  perQueue: 100,
  avoidCustomer: null,
}

describe('an account that Google names by its hash', () => {
  const sha256 = createHash('sha256').update('ann').digest('hex')

  it('is the customer whose id it is, and nobody while there is none', async () => {
    const here = await desk({ app: { store: 'play_store' } })
    await here.notify('unknown', sha256)
    expect((await eventsOf(here))[0]?.appUserId).toContain('$RCAnonymousID')
    await openCustomer('acme', 'ann', here.deps)
    await here.notify('p', sha256)
    expect(await ownerOf(here, 'p')).toEqual(['ann'])
    await here.receipt('ann', `unknown@${sha256}`)
    expect(await ownerOf(here, 'unknown')).toContain('ann')
    expect((await eventsOf(here)).map(({ type }) => type)).toEqual(['INITIAL_PURCHASE', 'INITIAL_PURCHASE'])
  })
})

describe('a purchase that another customer shows', () => {
  it('goes over with TRANSFER for the one who gets it; its events and deliveries stay with whom they were told of', async () => {
    const here = await desk()
    await here.receipt('ann', 'p')
    here.advance(SECOND)
    expect(await here.receipt('bob', 'p', { restore: true })).toMatchObject({ kind: 'taken' })
    const events = await eventsOf(here)
    expect(events.map(({ type, appUserId }) => [type, appUserId])).toEqual([
      ['INITIAL_PURCHASE', 'ann'],
      ['TRANSFER', 'bob'],
    ])
    expect(events[1]?.transferred).toEqual({ from: ['ann'], to: ['bob'] })
    await here.notify('p', 'ann', 2)
    expect((await eventsOf(here)).map(({ type, appUserId }) => [type, appUserId]).at(-1)).toEqual(['RENEWAL', 'bob'])
    expect(await here.receipt('bob', 'p', { restore: true })).toMatchObject({ kind: 'taken' })
    await here.receipt('ann', 'p', { restore: true })
    const transfers = (await eventsOf(here)).filter(({ type }) => type === 'TRANSFER')
    expect(transfers.map(({ transferred }) => transferred?.to)).toEqual([['bob'], ['ann']])
    expect(new Set(transfers.map(({ id }) => id)).size).toBe(2)
    for (let n = 0; n < 3; n += 1) await here.deliver()
    expect(here.sent.filter(({ channel }) => channel === 'segment').map(({ event }) => event.type)).toEqual([
      'INITIAL_PURCHASE',
      'RENEWAL',
    ])
  })

  it.each(['keep', 'transfer_if_inactive', 'share'] as const)(
    '%s: a purchase in force stays, and the answer says so',
    async (rule) => {
      const here = await desk({ project: { transferBehavior: rule } })
      await here.receipt('ann', 'p')
      const refused = await here.receipt('bob', 'p')
      expect(refused).toMatchObject({ kind: 'refused', why: 'cannot_transfer' })
      expect(await ownerOf(here, 'p')).toEqual(['ann'])
    },
  )

  it('transfer_if_inactive: one that has ended goes over', async () => {
    const here = await desk({ project: { transferBehavior: 'transfer_if_inactive' } })
    await here.receipt('ann', 'p')
    const ended = { kind: 'ended', at: here.now(), period: 'p-1', own: true, inferred: false } as const
    const key = keyOf('p', here.app)
    const row = await here.storage.getPurchase(key)
    const purchase = JSON.parse(row?.body ?? '{}')
    const snapshot = {
      version: here.now(),
      status: 'expired',
      autoRenew: false,
      pendingProductId: null,
      graceEndsAt: null,
      resumesAt: null,
    }
    const body = JSON.stringify({
      ...purchase,
      snapshot,
      facts: [...purchase.facts, { ...ended, reason: 'UNSUBSCRIBE', implies: 'cancelled' }],
    })
    await here.storage.step({ purchases: [key], appUserIds: [] }, (loaded) => {
      const [own] = loaded.purchases.values()
      return { save: { purchases: own === undefined ? [] : [{ ...own, body }] }, result: null }
    })
    expect(await here.receipt('bob', 'p', { restore: true })).toMatchObject({ kind: 'taken' })
    expect((await here.storage.getPurchase(key))?.customerId).toBe((await here.storage.getCustomer('acme', 'bob'))?.id)
  })

  it('share: who restores becomes one with the owner', async () => {
    const here = await desk({ project: { transferBehavior: 'share' } })
    await here.receipt('ann', 'p')
    expect(await here.receipt('bob', 'p', { restore: true })).toMatchObject({ kind: 'taken' })
    expect(await ownerOf(here, 'p')).toEqual(['ann', 'bob'])
    expect((await eventsOf(here)).map(({ type }) => type)).toEqual(['INITIAL_PURCHASE'])
  })

  it('an anonymous owner becomes the one who shows it', async () => {
    const here = await desk({ project: { transferBehavior: 'keep' } })
    await here.receipt(ANON, 'p')
    await here.receipt('ann', 'p')
    expect(await ownerOf(here, 'p')).toEqual(['ann', ANON].sort())
  })
})

describe('log-ins and aliases', () => {
  it('bring a purchase along, with its events and deliveries in order', async () => {
    const here = await desk()
    await openCustomer('acme', ANON, here.deps)
    await here.receipt(ANON, 'p')
    here.advance(SECOND)
    const { created } = await identify('acme', ANON, 'ann', here.deps)
    expect(created).toBe(true)
    await here.notify('p', null, 2)
    expect((await eventsOf(here)).map(({ type, appUserId }) => [type, appUserId])).toEqual([
      ['INITIAL_PURCHASE', ANON],
      ['RENEWAL', 'ann'],
    ])
    for (let n = 0; n < 3; n += 1) await here.deliver()
    expect(
      here.sent.filter(({ channel }) => channel === 'segment').map(({ event, identity }) => [event.type, identity]),
    ).toEqual([
      ['INITIAL_PURCHASE', '{"userId":"ann"}'],
      ['RENEWAL', '{"userId":"ann"}'],
    ])
    expect((await identify('acme', ANON, 'ann', here.deps)).created).toBe(false)
  })

  it('from an id that nobody has: it becomes another name, and the first log-in says created', async () => {
    const here = await desk()
    expect(await identify('acme', ANON, 'ann', here.deps)).toMatchObject({
      created: true,
      customer: { aliases: ['ann', ANON] },
    })
    await here.receipt(ANON, 'p')
    expect(await ownerOf(here, 'p')).toEqual(['ann', ANON])
  })

  it('of a second person on the same device switch, and move nothing', async () => {
    const here = await desk()
    await here.receipt('ann', 'p')
    expect(await identify('acme', 'ann', 'bob', here.deps)).toMatchObject({
      created: true,
      customer: { aliases: ['bob'] },
    })
    expect(await ownerOf(here, 'p')).toEqual(['ann'])
  })

  it('a public key makes no two identified customers one; a secret key does', async () => {
    const here = await desk()
    await here.receipt('ann', 'p')
    await openCustomer('acme', 'bob', here.deps)
    expect(await alias('acme', 'ann', 'bob', false, here.deps)).toMatchObject({ kind: 'refused' })
    expect(await alias('acme', 'ann', 'new', false, here.deps)).toMatchObject({ kind: 'aliased' })
    expect(await alias('acme', 'ann', 'bob', true, here.deps)).toMatchObject({ kind: 'aliased' })
    expect(await ownerOf(here, 'p')).toEqual(expect.arrayContaining(['ann', 'bob', 'new']))
  })
})

describe('what waits for the customer to be known', () => {
  it('goes when it is, not before, and not later', async () => {
    const here = await desk({ clevertap: { anonymous: 'hold_until_known' } })
    await openCustomer('acme', ANON, here.deps)
    await here.receipt(ANON, 'p')
    expect(await here.deliver()).toBe(1)
    here.advance(100 * 3_600 * SECOND)
    expect(await here.deliver()).toBe(0)
    await identify('acme', ANON, 'ann', here.deps)
    expect(await here.deliver()).toBe(1)
    expect(here.sent.at(-1)).toMatchObject({ channel: 'clevertap', identity: '{"identity":"ann"}' })
  })

  it('goes when the attribute it waits for has come, by a join as well', async () => {
    const here = await desk({ clevertap: { wait_for_attribute: { $clevertapId: 3_600 } } })
    await openCustomer('acme', ANON, here.deps)
    await here.receipt(ANON, 'p')
    expect(await here.deliver()).toBe(1)
    await setAttributes('acme', 'ann', [{ key: '$clevertapId', value: 'ct-9', updatedAt: null }], here.deps)
    await identify('acme', ANON, 'ann', here.deps)
    expect(await here.deliver()).toBe(1)
    expect(here.sent.at(-1)?.identity).toBe('{"objectId":"ct-9","identity":"ann"}')
  })
})

describe('a customer', () => {
  it('is seen when it is asked for, at most once a minute, and keeps what networks sent', async () => {
    const here = await desk()
    const first = await openCustomer('acme', 'ann', here.deps)
    here.advance(30 * SECOND)
    expect((await openCustomer('acme', 'ann', here.deps)).customer.version).toBe(first.customer.version)
    here.advance(31 * SECOND)
    expect((await openCustomer('acme', 'ann', here.deps)).customer.lastSeenAt).toBe(here.now())
    await keepAttribution('acme', 'ann', 'attribution', { network: 3, data: { a: 1 } }, here.deps)
    expect((await openCustomer('acme', 'ann', here.deps)).created).toBe(false)
  })
})
