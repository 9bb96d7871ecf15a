import { z } from 'zod'
import { EVENT_NAMES, EVENT_TYPES } from '../../domain/event.ts'
import { STORES } from '../../domain/purchase.ts'
import type { ListedEvent, ReadStorage } from '../../storage/reads.ts'
import type { DeliveryRow } from '../../storage/rows.ts'
import { type Access, accessOf } from '../access.ts'
import { type Api, absent, answers, cursor, ItemParams, limit, ProjectParams, pageOf } from '../api-shapes.ts'
import { AttemptSchema, DeliverySchema, toApiAttempt, toApiDelivery } from '../delivery-json.ts'
import type { HubDoors } from '../doors.ts'
import { EventSchema, toApiEvent } from '../event-json.ts'
import { blottedAttempts, quotingNobody, seesPersonal } from '../personal.ts'

const KNOWN_TYPES: ReadonlySet<string> = new Set([...EVENT_TYPES, ...EVENT_NAMES])

/** Either vocabulary, repeated or separated by commas. */
export const eventTypes = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((text) => text.split(',')))
  .refine((given) => given.every((type) => KNOWN_TYPES.has(type)), {
    message: `is a type (${EVENT_TYPES[0]} …) or a name (${EVENT_NAMES[0]} …); see the list in the documentation`,
  })
  .describe('Canonical types (RENEWAL) or names (renewal), several separated by commas.')

export const environment = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['production', 'sandbox']))

const EventsQuery = z.strictObject({
  after: cursor
    .optional()
    .describe('Follow: oldest first, from a `next`; empty for the beginning. `next` is then never null.'),
  before: cursor.optional().describe('Newest first, from a `next`.'),
  type: eventTypes.optional(),
  customer: z.string().max(100).optional().describe('Any app user id of the customer.'),
  environment: environment.optional(),
  store: z.string().toLowerCase().pipe(z.enum(STORES)).optional(),
  product: z.string().min(1).max(300).optional().describe('A product, as its store names it.'),
  from: z.iso
    .datetime()
    .optional()
    .describe('Recorded at this time or later: event_timestamp_ms, by which the list is in order.'),
  to: z.iso.datetime().optional().describe('Recorded before this time.'),
  limit,
})

/** Beside the event itself: the notification that caused it. */
export const ListedEventSchema = EventSchema.extend({ notification_id: z.string().nullable() })

const EventDetailSchema = ListedEventSchema.extend({
  deliveries: z.array(DeliverySchema),
  attempts: z.array(AttemptSchema.extend({ delivery_id: z.string() })),
})

export function toListedEvent(
  { event, notificationId }: ListedEvent,
  personal: boolean,
): z.infer<typeof ListedEventSchema> {
  return { ...toApiEvent(event, personal), notification_id: notificationId }
}

export function eventRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/events',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['events'],
      summary: 'Events, newest first, or followed from a place',
      params: ProjectParams,
      querystring: EventsQuery,
      response: answers(pageOf(ListedEventSchema)),
    },
    handler: async (request, reply) => {
      const { after, before, type, customer, environment, store, product, from, to, limit } = request.query
      const page = await doors.reads.listEvents({
        projectId: accessOf(request).projectId,
        after: after ?? null,
        before: after === undefined ? (before ?? null) : null,
        types: type ?? [],
        customer: customer ?? null,
        environment: environment ?? null,
        store: store ?? null,
        product: product ?? null,
        from: from === undefined ? null : Date.parse(from),
        to: to === undefined ? null : Date.parse(to),
        limit,
      })
      return reply.send({
        items: page.items.map((one) => toListedEvent(one, seesPersonal(accessOf(request)))),
        next: page.next,
      })
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/events/:id',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['events'],
      summary: 'One event with its deliveries and attempts',
      params: ItemParams,
      response: answers(EventDetailSchema),
    },
    handler: async (request, reply) => {
      const access = accessOf(request)
      const { projectId } = access
      const personal = seesPersonal(access)
      const listed = await doors.reads.getEvent(projectId, request.params.id)
      if (listed === null) return absent(reply, 'event')
      const deliveries = await doors.reads.deliveriesOfEvent(projectId, listed.event.id)
      const attempts = await Promise.all(deliveries.map(({ delivery }) => attemptsOf(doors.reads, access, delivery)))
      return reply.send({
        ...toListedEvent(listed, personal),
        deliveries: (await quotingNobody(deliveries, access, doors.reads)).map((one) => toApiDelivery(one, personal)),
        attempts: attempts.flat(),
      })
    },
  })
}

/** The requests of a delivery, oldest first, as whoever asks may see them. */
export async function attemptsOf(reads: ReadStorage, access: Access, { id, attemptIds }: DeliveryRow) {
  const rows = attemptIds.length === 0 ? [] : await reads.getAttempts(access.projectId, attemptIds)
  const shown = seesPersonal(access) ? rows : await blottedAttempts(rows, access.projectId, reads)
  return shown.map((row) => ({ ...toApiAttempt(row), delivery_id: id }))
}
