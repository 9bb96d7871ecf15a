import { deflateSync } from 'node:zlib'
import { pseudonym } from '../../src/domain/erased.ts'
import { FIGURE_KINDS, HOUR_MS } from '../../src/domain/figures.ts'
import { customerId } from '../../src/domain/ids.ts'
import type { Storage } from '../../src/storage/storage.ts'
import {
  announce,
  attempt,
  channels,
  claimOne,
  ledgerEntry,
  NOW,
  notification,
  purchase,
  purchaseKey,
  SECOND,
  save,
  settlement,
} from './samples.ts'

/** Something of everything, a lot in flight among it: what a copy and a backup must bring along. */
export async function fill(storage: Storage): Promise<void> {
  await settings(storage)
  await inbox(storage)
  await channels(storage, 'segment', 'clevertap')
  await storage.ensureChannels([{ projectId: 'acme', integrationId: 'segment', environment: 'sandbox' }], NOW)
  for (const name of ['ann', 'bob', 'cy', 'dän 🦊']) {
    await announce(storage, name, [1, 2, 3], { integrations: ['segment', 'clevertap'] })
  }
  await save(storage, {
    links: [{ name: 'order 1', key: purchaseKey('ann') }],
    purchases: [
      purchase('ann', { body: '{"n":1,"odd":"ünï\\u0000"}' }),
      purchase('bob', { stands: { standing: 'trial', until: null } }),
    ],
    ledger: [
      ledgerEntry(purchaseKey('ann'), 'charge:1'),
      ledgerEntry(purchaseKey('ann'), 'refund:1:1', { reason: 'refund', micros: -7_990_000, currency: null }),
    ],
  })
  // Joined before anything is in flight: two queues become one, and ed is an alias by then.
  await announce(storage, 'ed', [4], { integrations: ['segment'] })
  await storage.joinCustomers(
    { projectId: 'acme', into: customerId('acme', 'bob'), from: customerId('acme', 'ed'), now: NOW },
    (into, from) => ({ customer: { ...into, aliases: [...into.aliases, ...from.aliases] } }),
  )
  // Begun and not ended.
  await announce(storage, 'gone', [1], { integrations: [] })
  const as = pseudonym('acme', '0'.repeat(32))
  const wish = { projectId: 'acme', appUserId: 'gone', as, now: NOW, seenBefore: null }
  await storage.beginErasure(wish, (ids) => ids.map((id) => `key.${id.length}`))
  await announce(storage, 'cy', [5], { dueAt: NOW + SECOND, changes: { provisionalUntil: NOW + SECOND } })
  const history = {
    projectId: 'acme',
    customerId: customerId('acme', 'bob'),
    at: NOW,
    kind: 'alias',
    body: '{}',
  } as const
  await save(storage, { history: [history, { ...history, kind: 'attribute' }] })
  const lot = await claimOne(storage, { perQueue: 2 })
  if (lot === null) throw new Error('nothing was due')
  await storage.settleLot({
    ...settlement(lot, { attemptIds: ['a1', 'a2'] }, { lastStatus: 'active' }),
    attempts: [attempt('a1'), { ...attempt('a2'), at: NOW - SECOND, status: null }],
  })
  // Left in flight: its process dies with it.
  if ((await claimOne(storage, { owner: 'dead', integration: 'clevertap', deliveries: 2 })) === null)
    throw new Error('nothing was due')
}

async function settings(storage: Storage): Promise<void> {
  const times = { createdAt: NOW, updatedAt: NOW + 1 }
  await storage.saveSettings({
    put: [
      { kind: 'project', projectId: 'acme', id: 'acme', body: '{"name":"Acme"}', managed: 'file', ...times },
      { kind: 'app', projectId: 'acme', id: 'ios', body: '{"store":"app_store"}', managed: 'dashboard', ...times },
    ],
    remove: [],
    putKeys: [
      { projectId: 'acme', name: 'backend', hash: 'ab'.repeat(32), last4: 'me_1', managed: 'file', createdAt: NOW },
    ],
    removeKeys: [],
  })
  const account = (id: string, hubOwner: boolean) => ({
    id,
    email: `${id}@example.com`,
    name: 'Añá 🦊',
    password: 'scrypt$1',
    hubOwner,
    subject: null,
    createdAt: NOW,
    lastSeenAt: null,
    disabled: false,
  })
  for (const id of ['ana', 'ben']) {
    await storage.enter({
      now: NOW,
      links: [],
      account: account(id, id === 'ana'),
      first: false,
      members: [{ projectId: 'acme', accountId: id, role: 'marketer', addedAt: NOW }],
      session: { hash: `session of ${id}`, accountId: id, createdAt: NOW, lastSeenAt: NOW, endsAt: NOW + SECOND },
    })
  }
  for (const act of ['pause', 'resume']) {
    await storage.recordAct({
      projectId: 'acme',
      at: NOW,
      actorKind: 'member',
      actorName: 'ana@example.com',
      act,
      kind: 'integration',
      subject: 'segment',
      changes: '[]',
    })
  }
  await storage.setMeta('note', 'kept')
  await storage.saveExchangeRates({ day: '2026-11-25', rates: '{"EUR":"1084200000000"}', fetchedAt: NOW }, '2026-01-01')
  await storage.saveCursor({ projectId: 'acme', appId: 'ios', name: 'pull', value: 'page 7', updatedAt: NOW })
  await storage.saveImport({
    projectId: 'acme',
    id: 'imp_1',
    kind: 'purchases',
    source: 'tokens.csv',
    done: 3,
    pieces: null,
    counts: '{}',
    startedAt: NOW,
    updatedAt: NOW,
    finishedAt: null,
  })
}

async function inbox(storage: Storage): Promise<void> {
  await storage.keepNotifications([
    notification('one'),
    notification('two', { receivedAt: NOW + 1, body: deflateSync(Buffer.alloc(2_000, 7)) }),
    notification('three', { receivedAt: NOW + 2, body: Buffer.from([0, 1, 2, 254, 255]) }),
  ])
  const [first] = await storage.claimNotifications({ now: NOW, limit: 1, owner: 'dead', leaseUntil: NOW + SECOND })
  if (first === undefined) throw new Error('no notification was due')
  await storage.changeNotifications([
    { projectId: 'acme', id: first.id, status: 'parked', dueAt: NOW, tries: 2, note: 'odd\0word', events: 0 },
  ])
  await storage.claimNotifications({ now: NOW + SECOND, limit: 1, owner: 'dead', leaseUntil: NOW + 60 * SECOND })
  await storage.countAppCalls([
    { projectId: 'acme', appId: 'ios', kind: 'missing', name: 'GET /v1/config/{id}', count: 4, at: NOW },
    { projectId: 'acme', appId: 'ios', kind: 'nonce', name: 'X-Nonce', count: 2, at: NOW },
  ])
  await storage.countRefused([
    { projectId: 'acme', appId: 'ios', count: 3, at: NOW, reason: 'signature', claimed: 'com.other' },
  ])
}

/** What a reader sees of it, whatever the driver. */
export async function seen(storage: Storage): Promise<unknown> {
  const all = { projectId: 'acme', limit: 100 }
  const events = await storage.listEvents({
    ...all,
    after: '',
    before: null,
    types: [],
    customer: null,
    environment: null,
  })
  const notifications = await storage.listNotifications({ ...all, appId: null, status: null, before: null })
  const bodies = await Promise.all(notifications.items.map(({ id }) => storage.getNotification('acme', id)))
  const deliveries = await Promise.all(
    ['segment', 'clevertap'].map((integrationId) =>
      storage.listDeliveries({ ...all, integrationId, status: null, before: null }),
    ),
  )
  return {
    events,
    notifications: notifications.items,
    bodies: bodies.map((one) => one?.body.toString('base64')),
    deliveries: deliveries.map(({ items }) => items),
    calls: await storage.appCalls('acme', 'ios'),
    counts: await Promise.all(['segment', 'clevertap'].map((id) => storage.countDeliveries('acme', id))),
    queues: await storage.queueDepths(NOW + 60 * SECOND),
    app: await storage.appStatus('acme', 'ios'),
    attempts: await storage.getAttempts('acme', ['a1', 'a2']),
    customers: await Promise.all(['ann', 'bob', 'cy', 'dän 🦊', 'ed'].map((name) => storage.getCustomer('acme', name))),
    rates: await storage.loadExchangeRates(10),
    ledger: await storage.listLedger('acme', purchaseKey('ann')),
    purchases: [await storage.getPurchase(purchaseKey('ann')), await storage.getPurchase(purchaseKey('bob'))],
    channels: await storage.loadChannels(),
    settings: await storage.loadSettings(),
    cursor: await storage.loadCursor('acme', 'ios', 'pull'),
    note: await storage.getMeta('note'),
    accounts: await storage.pageAccounts('', 10),
    members: await storage.listMembers('acme'),
    acts: (await storage.listActs({ projectId: 'acme', before: null, limit: 10 })).items.map(({ act }) => act),
    figures: await storage.listFigures({
      projectId: 'acme',
      environment: 'production',
      from: NOW - 1_000 * HOUR_MS,
      to: NOW + 1_000 * HOUR_MS,
      bucketMs: HOUR_MS,
      kinds: FIGURE_KINDS,
    }),
    standings: await storage.countStandings('acme', 'production', NOW),
  }
}
