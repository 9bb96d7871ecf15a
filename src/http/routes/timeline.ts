import { z } from 'zod'
import type { ListedChange, ListedEvent } from '../../storage/reads.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ItemParams, limit, pageOf } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf, parsedOr } from '../json-text.ts'
import { maskedChange, seesPersonal } from '../personal.ts'
import { sendProblem } from '../problem.ts'
import { ListedEventSchema, toListedEvent } from './events.ts'

const HistorySchema = z
  .object({
    at: z.iso.datetime(),
    kind: z.string().describe('attribute, attribution, alias or transfer.'),
    change: z
      .unknown()
      .describe(
        'attribute: {key, value (null: deleted), updated_at_ms}; attribution: {kind, body}; alias: {ids}; transfer: {purchase, from, to}.',
      ),
  })
  .meta({ id: 'CustomerChange' })

const MomentSchema = z.union([
  z.object({ at: z.iso.datetime().describe('When the hub learned of it.'), event: ListedEventSchema }),
  HistorySchema,
])

type Moment =
  | { readonly at: number; readonly event: ListedEvent }
  | { readonly at: number; readonly change: ListedChange }

/** Where the two lists go on: a place in each, '' for its beginning, '~' where it has ended. */
interface Places {
  readonly events: string
  readonly changes: string
}

const ENDED = '~'

const TimelineQuery = z.strictObject({
  before: z
    .string()
    .regex(/^(\d{0,16}|~)\.((\d{1,16}-\d{1,16})?|~)$/, 'is no place that this API gave; pass a `next` back as it came')
    .optional(),
  limit,
})

export function timelineRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/customers/:id/timeline',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['customers'],
      summary: 'Events and changes of a customer, newest first',
      params: ItemParams,
      querystring: TimelineQuery,
      response: answers(pageOf(MomentSchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const customer = await doors.reads.getCustomer(projectId, request.params.id)
      const [alias] = customer?.aliases ?? []
      if (customer === null || alias === undefined) return absent(reply, 'customer')
      const { before, limit } = request.query
      const [events = '', changes = ''] = (before ?? '.').split('.')
      if (events === ENDED && changes === ENDED) return sendProblem(reply, 400, 'The timeline has ended; begin anew.')
      const page = await timelineOf(doors, { projectId, customerId: customer.id, alias, limit }, { events, changes })
      return reply.send({
        items: page.items.map((one) => toApiMoment(one, seesPersonal(accessOf(request)))),
        next: page.next,
      })
    },
  })
}

async function timelineOf(
  doors: HubDoors,
  asked: { readonly projectId: string; readonly customerId: string; readonly alias: string; readonly limit: number },
  from: Places,
): Promise<{ readonly items: readonly Moment[]; readonly next: string | null }> {
  const { projectId, customerId, alias, limit } = asked
  const none = { items: [], next: null }
  const [events, changes] = await Promise.all([
    from.events === ENDED
      ? none
      : doors.reads.listEvents({
          projectId,
          after: null,
          before: from.events === '' ? null : from.events,
          types: [],
          customer: alias,
          environment: null,
          limit,
        }),
    from.changes === ENDED
      ? none
      : doors.reads.customerHistory({
          projectId,
          customerId,
          before: from.changes === '' ? null : from.changes,
          limit,
        }),
  ])
  const items = merged(events.items, changes.items).slice(0, limit)
  const shown = { events: items.filter((one) => 'event' in one), changes: items.filter((one) => 'change' in one) }
  const next: Places = {
    events: placeBehind(
      from.events,
      events.next,
      events.items.length === shown.events.length,
      String(shown.events.at(-1)?.event.position ?? from.events),
    ),
    changes: placeBehind(
      from.changes,
      changes.next,
      changes.items.length === shown.changes.length,
      shown.changes.at(-1)?.change.place ?? from.changes,
    ),
  }
  const ended = next.events === ENDED && next.changes === ENDED
  return { items, next: ended ? null : `${next.events}.${next.changes}` }
}

/** `all`: everything that was read of this list is shown. */
function placeBehind(from: string, next: string | null, all: boolean, last: string): string {
  if (from === ENDED) return ENDED
  return all ? (next ?? ENDED) : last
}

/** Two lists, each newest first, as one; each keeps its own order, whatever the clocks said. */
function merged(events: readonly ListedEvent[], changes: readonly ListedChange[]): readonly Moment[] {
  const all: Moment[] = []
  let [e, c] = [0, 0]
  while (e < events.length || c < changes.length) {
    const event = events[e]
    const change = changes[c]
    if (event !== undefined && (change === undefined || event.event.recordedAt >= change.at)) {
      all.push({ at: event.event.recordedAt, event })
      e += 1
    } else if (change !== undefined) {
      all.push({ at: change.at, change })
      c += 1
    }
  }
  return all
}

function toApiMoment(moment: Moment, personal: boolean): z.infer<typeof MomentSchema> {
  if ('event' in moment) return { at: isoOf(moment.at), event: toListedEvent(moment.event, personal) }
  return toApiChange(moment.change, personal)
}

export function toApiChange({ at, kind, body }: ListedChange, personal: boolean): z.infer<typeof HistorySchema> {
  const kept = parsedOr(body, body)
  const change = personal ? kept : maskedChange(kind, kept)
  if (kind !== 'attribute' || typeof change !== 'object' || change === null) return { at: isoOf(at), kind, change }
  const { updatedAt, ...rest } = change as { readonly updatedAt?: number }
  return { at: isoOf(at), kind, change: { ...rest, updated_at_ms: updatedAt } }
}
