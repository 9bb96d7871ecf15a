import { Readable } from 'node:stream'
import type { ListedDelivery, ListedEvent } from '../../storage/reads.ts'
import type { CustomerRow, NotificationRow } from '../../storage/rows.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, ItemParams } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import { toApiCustomer, toApiTransaction } from '../customer-json.ts'
import { toApiAttempt, toApiDelivery } from '../delivery-json.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf, parsedOr } from '../json-text.ts'
import { toListedEvent } from './events.ts'
import { toApiChange } from './timeline.ts'

/** Rows read at once: what the export holds in memory, whatever the customer has. */
const PAGE = 100

/** Everything that is kept about a person, for a request of access: one JSON document, written as it is read. */
export function exportRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/customers/:id/export',
    config: { policy: 'project', may: 'personal' },
    schema: {
      tags: ['customers'],
      summary: 'Everything kept about a customer, as one JSON document',
      params: ItemParams,
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const customer = await doors.reads.getCustomer(projectId, request.params.id)
      if (customer === null) return absent(reply, 'customer')
      await recordAct(request, doors, { act: 'export', kind: 'customer', id: request.params.id })
      const document = Readable.from(documentOf(customer, doors), { objectMode: false })
      return reply.type('application/json; charset=utf-8').send(document)
    },
  })
}

async function* documentOf(customer: CustomerRow, doors: HubDoors): AsyncGenerator<string> {
  const head = {
    version: 1,
    project: customer.projectId,
    exported_at: isoOf(doors.now()),
    customer: toApiCustomer(customer, true),
  }
  yield JSON.stringify(head).slice(0, -1)
  const parts = {
    purchases: purchases(customer, doors),
    events: events(customer, doors),
    changes: changes(customer, doors),
    notifications: notifications(customer, doors),
  }
  for (const [name, items] of Object.entries(parts)) {
    yield `,${JSON.stringify(name)}:[`
    let first = true
    for await (const item of items) {
      yield `${first ? '' : ','}${JSON.stringify(item)}`
      first = false
    }
    yield ']'
  }
  yield '}\n'
}

/** With the whole ledger, and what the store told as it is kept. */
async function* purchases({ projectId, id }: CustomerRow, { reads }: HubDoors): AsyncGenerator<unknown> {
  for (const { key, appId, body } of await reads.listPurchases(projectId, id)) {
    const ledger = await reads.listLedger(projectId, key)
    yield {
      app_id: appId,
      store: key.store,
      environment: key.environment,
      chain: key.chain,
      line: key.line,
      known: parsedOr(body, body),
      transactions: ledger.map(toApiTransaction),
    }
  }
}

async function* events(customer: CustomerRow, doors: HubDoors): AsyncGenerator<unknown> {
  const { projectId, aliases } = customer
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<typeof doors.reads.listEvents>> = await doors.reads.listEvents({
      projectId,
      after: null,
      before,
      types: [],
      customer: aliases[0] ?? '',
      environment: null,
      limit: PAGE,
    })
    for (const listed of page.items) yield await withDeliveries(listed, projectId, doors)
    before = page.next
  } while (before !== null)
}

async function withDeliveries(listed: ListedEvent, projectId: string, { reads }: HubDoors): Promise<unknown> {
  const deliveries = await reads.deliveriesOfEvent(projectId, listed.event.id)
  return {
    ...toListedEvent(listed, true),
    deliveries: await Promise.all(deliveries.map((one) => withAttempts(one, projectId, reads))),
  }
}

/** A request carries other people too: of each attempt only what became of this delivery is theirs to see. */
async function withAttempts(listed: ListedDelivery, projectId: string, reads: HubDoors['reads']): Promise<unknown> {
  const { id, attemptIds } = listed.delivery
  const rows = attemptIds.length === 0 ? [] : await reads.getAttempts(projectId, attemptIds)
  const attempts = rows.map((row) => {
    const { request: _, response: __, outcomes, ...rest } = toApiAttempt(row)
    return { ...rest, outcomes: outcomes.filter((outcome) => JSON.stringify(outcome).includes(`"${id}"`)) }
  })
  return { ...toApiDelivery(listed, true), attempt_log: attempts }
}

async function* changes({ projectId, id }: CustomerRow, { reads }: HubDoors): AsyncGenerator<unknown> {
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<typeof reads.customerHistory>> = await reads.customerHistory({
      projectId,
      customerId: id,
      before,
      limit: PAGE,
    })
    for (const row of page.items) yield toApiChange(row, true)
    before = page.next
  } while (before !== null)
}

async function* notifications({ projectId, id }: CustomerRow, { reads }: HubDoors): AsyncGenerator<unknown> {
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof reads.notificationsOf>> = await reads.notificationsOf(
      projectId,
      id,
      after,
      PAGE,
    )
    for (const row of page.items) yield toApiMessage(row)
    after = page.next
  } while (after !== null)
}

/** A message as it came; null where retention has taken it. */
function toApiMessage(row: NotificationRow): unknown {
  const text = row.body.toString('utf8')
  const readable = Buffer.from(text, 'utf8').equals(row.body)
  return {
    id: row.id,
    app_id: row.appId,
    store: row.store,
    environment: row.environment,
    type: row.type,
    via: row.via,
    sent_at: isoOf(row.sentAt),
    received_at: isoOf(row.receivedAt),
    status: row.status,
    note: row.note,
    body: row.body.length === 0 ? null : readable ? { text } : { base64: row.body.toString('base64') },
  }
}
