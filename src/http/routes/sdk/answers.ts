import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { customerInfo } from '../../../customers/customer-info.ts'
import type { Purchase } from '../../../domain/purchase-state.ts'
import type { CustomerRow } from '../../../storage/rows.ts'
import { accessOf } from '../../access.ts'
import type { HubDoors } from '../../doors.ts'

/**
 * Answers that the SDKs keep: with the header X-RevenueCat-ETag, which they send back as it came, and a 304 without a
 * body while nothing changed (ETagManager of purchases-ios and purchases-android). Only a GET is kept so: what a POST
 * answered would be stored on the device under an address that no two requests share a meaning of.
 *
 * On a 304 both SDKs judge the stored dates by X-RevenueCat-Request-Time. Without it an entitlement would stay active for
 * as long as nothing else changed.
 */
const ETAG = 'x-revenuecat-etag'
const REQUEST_TIME = 'x-revenuecat-request-time'

export function sendKept(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: Readonly<Record<string, unknown>>,
  now: number,
): FastifyReply {
  const tag = tagOf(body)
  void reply.headers({ [ETAG]: tag, [REQUEST_TIME]: String(now) })
  if (status === 200 && request.headers[ETAG] === tag) return reply.code(304).send()
  return reply.code(status).send(body)
}

/** Everything but the moment of the answer, which is also when the customer was last seen: no SDK reads that one. */
function tagOf(body: Readonly<Record<string, unknown>>): string {
  const lasting = JSON.stringify(body, (key, value: unknown) => (MOMENTS.has(key) ? undefined : value))
  return createHash('sha256').update(lasting).digest('hex').slice(0, 16)
}

const MOMENTS: ReadonlySet<string> = new Set(['request_date', 'request_date_ms', 'last_seen'])

/** What the SDKs know of a customer, now. */
export async function infoOf(
  request: FastifyRequest,
  customer: CustomerRow,
  now: number,
  doors: HubDoors,
): Promise<Readonly<Record<string, unknown>>> {
  const access = accessOf(request)
  const project = doors.settings.current().project(access.projectId)
  if (project === undefined) throw new Error('The project of a key is gone: a view of settings holds a key without it')
  const purchases = await purchasesOf(customer, doors)
  return { ...customerInfo({ customer, purchases, project, now, withAttributes: access.app === null }) }
}

export async function purchasesOf(customer: CustomerRow, doors: HubDoors): Promise<readonly Purchase[]> {
  const rows = await doors.reads.listPurchases(customer.projectId, customer.id)
  return rows.map((row) => JSON.parse(row.body) as Purchase)
}

/** CustomerInfo as the answer to a POST. */
export async function sendInfo(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: {
    readonly status: 200 | 201
    readonly customer: CustomerRow
    readonly more?: Readonly<Record<string, unknown>>
  },
  doors: HubDoors,
): Promise<FastifyReply> {
  const now = doors.now()
  const info = await infoOf(request, answer.customer, now, doors)
  void reply.header(REQUEST_TIME, String(now))
  return reply.code(answer.status).send({ ...info, ...answer.more })
}
