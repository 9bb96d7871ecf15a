import { newCustomer } from '../../src/customers/customer.ts'
import { attributeSetHash, customerId, deliveryId, derivedId } from '../../src/domain/ids.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { eventNamed } from '../destinations/events.ts'

const MOST_IN_A_STEP = 500

/** Puts events of one customer into storage, each waiting in these integrations' production; gives their ids in order. */
export async function putWaiting(
  storage: Storage,
  options: {
    readonly project: string
    readonly customer: string
    readonly events: number
    readonly integrations: readonly string[]
    readonly dueAt: number
  },
): Promise<readonly string[]> {
  const ids: string[] = []
  while (ids.length < options.events) {
    const count = Math.min(MOST_IN_A_STEP, options.events - ids.length)
    ids.push(...(await putSome(storage, options, ids.length, count)))
  }
  return ids
}

async function putSome(
  storage: Storage,
  { project, customer: appUserId, integrations, dueAt }: Parameters<typeof putWaiting>[1],
  from: number,
  count: number,
): Promise<readonly string[]> {
  const id = customerId(project, appUserId)
  const hash = attributeSetHash({})
  const { attributes: _, ...sample } = eventNamed('renewal')
  const events = Array.from({ length: count }, (_, n) => ({
    ...sample,
    id: derivedId('evt', [project, appUserId, String(from + n)]),
    projectId: project,
    purchase: { ...sample.purchase, projectId: project, chain: appUserId },
    seq: from + n + 1,
    occurredAt: dueAt,
    recordedAt: dueAt,
    customerId: id,
    appUserId,
    originalAppUserId: appUserId,
    aliases: [appUserId],
    attributeSet: hash,
  }))
  const deliveries = events.flatMap((event) =>
    integrations.map((integrationId) => ({
      id: deliveryId(integrationId, event.id),
      projectId: project,
      integrationId,
      environment: 'production' as const,
      customerId: id,
      eventId: event.id,
      seq: event.seq,
      status: 'waiting' as const,
      reason: null,
      mayGoAt: 0,
      createdAt: dueAt,
    })),
  )
  const queues = integrations.map((integrationId) => ({
    projectId: project,
    channelId: `${integrationId}:production`,
    customerId: id,
    dueAt,
    hasten: false,
  }))
  await storage.step({ purchases: [], appUserIds: [{ projectId: project, appUserId }] }, (loaded) => {
    const known = loaded.customers.get(`${project}\n${id}`) ?? newCustomer(project, appUserId, dueAt)
    return {
      save: {
        customers: [{ ...known, lastSeq: from + count }],
        attributeSets: [{ projectId: project, hash, attributes: {} }],
        events: events.map((event) => ({ event, notificationId: null })),
        deliveries,
        queues,
      },
      result: null,
    }
  })
  return events.map((event) => event.id)
}
