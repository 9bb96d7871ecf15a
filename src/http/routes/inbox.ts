import { z } from 'zod'
import { ENVIRONMENTS } from '../../domain/purchase.ts'
import type { NotificationRow } from '../../storage/rows.ts'
import { accessOf } from '../access.ts'
import {
  type Api,
  absent,
  answers,
  conflict,
  cursor,
  flag,
  ItemParams,
  limit,
  ProjectParams,
  pageOf,
} from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { EventSchema, toApiEvent } from '../event-json.ts'
import { isoOf } from '../json-text.ts'
import { seesPersonal } from '../personal.ts'
import { sendProblem } from '../problem.ts'

const time = z.iso.datetime()
const STATUSES = ['waiting', 'understood', 'ignored', 'parked'] as const

const NotificationSchema = z
  .object({
    id: z.string(),
    app_id: z.string(),
    store: z.string(),
    environment: z.enum(ENVIRONMENTS),
    type: z.string(),
    via: z.enum(['push', 'pull']),
    status: z.enum(STATUSES),
    note: z.string().nullable().describe('Why it waits, is parked or was ignored.'),
    source_key: z.string().describe("The sender's own id."),
    sent_at: time,
    received_at: time,
    due_at: time.nullable().describe('When it is taken up (again); null when it does not wait.'),
    tries: z.int(),
    events: z.int().describe('How many events it caused.'),
  })
  .meta({ id: 'Notification' })

const NotificationDetailSchema = NotificationSchema.extend({
  body: z
    .object({ encoding: z.enum(['base64', 'text']), raw: z.literal(true), bytes: z.int(), content: z.string() })
    .optional()
    .describe('With `?body=`: the message as it came. Nothing in it is masked.'),
})

const ReprocessSchema = z.object({
  dry_run: z.boolean(),
  would_add: z.array(EventSchema).describe('Events that were added, or with dry_run would be.'),
  would_change: z.array(z.string()).describe('Ids of events that would read otherwise now; they stay as they are.'),
  note: z.string().nullable(),
})

export function inboxRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/notifications',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['notifications'],
      summary: 'Notifications kept, newest first',
      params: ProjectParams,
      querystring: z.strictObject({
        app: z.string().max(200).optional(),
        status: z.enum(STATUSES).optional(),
        before: cursor.optional(),
        limit,
      }),
      response: answers(pageOf(NotificationSchema)),
    },
    handler: async (request, reply) => {
      const { app, status, before, limit } = request.query
      const page = await doors.reads.listNotifications({
        projectId: accessOf(request).projectId,
        appId: app ?? null,
        status: status ?? null,
        before: before ?? null,
        limit,
      })
      return reply.send({ items: page.items.map(toApiNotification), next: page.next })
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/notifications/:id',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['notifications'],
      summary: 'One notification, on request with its raw body',
      params: ItemParams,
      querystring: z.strictObject({ body: z.enum(['base64', 'text']).optional() }),
      response: answers(NotificationDetailSchema),
    },
    handler: async (request, reply) => {
      const { body: encoding } = request.query
      const access = accessOf(request)
      if (encoding !== undefined && !seesPersonal(access))
        return sendProblem(
          reply as never,
          403,
          'Your role does not see what messages say of people; ask an owner or admin of the project for another role.',
        )
      const row = await doors.reads.getNotification(access.projectId, request.params.id)
      if (row === null) return absent(reply, 'notification')
      if (encoding === undefined) return reply.send(toApiNotification(row))
      await recordAct(request, doors, { act: 'read the body', kind: 'notification', id: row.id })
      // On its way through another thread a Buffer may have become plain bytes.
      const bytes = Buffer.from(row.body)
      const content = bytes.toString(encoding === 'base64' ? 'base64' : 'utf8')
      return reply.send({
        ...toApiNotification(row),
        body: { encoding, raw: true as const, bytes: bytes.length, content },
      })
    },
  })
  reprocessRoute(api, doors)
}

function reprocessRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/notifications/:id/reprocess',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['notifications'],
      summary: 'Understand a notification again',
      description:
        'With dry_run nothing is saved. Events that are there stay as they are; only missing ones are added.',
      params: ItemParams,
      querystring: z.strictObject({ dry_run: flag }),
      response: answers(ReprocessSchema),
    },
    handler: async (request, reply) => {
      const dryRun = request.query.dry_run
      const outcome = await doors.ingest.reprocess(accessOf(request).projectId, request.params.id, { dryRun })
      if (outcome === null) return absent(reply, 'notification')
      if (outcome.kind === 'refused') return conflict(reply, outcome.reason)
      if (!dryRun) await recordAct(request, doors, { act: 'reprocess', kind: 'notification', id: request.params.id })
      return reply.send({
        dry_run: dryRun,
        would_add: outcome.wouldAdd.map((one) => toApiEvent(one, seesPersonal(accessOf(request)))),
        would_change: [...outcome.wouldChange],
        note: outcome.note,
      })
    },
  })
}

function toApiNotification(row: Omit<NotificationRow, 'body'>): z.infer<typeof NotificationSchema> {
  return {
    id: row.id,
    app_id: row.appId,
    store: row.store,
    environment: row.environment,
    type: row.type,
    via: row.via,
    status: row.status,
    note: row.note,
    source_key: row.sourceKey,
    sent_at: isoOf(row.sentAt),
    received_at: isoOf(row.receivedAt),
    due_at: isoOf(row.status === 'waiting' ? row.dueAt : null),
    tries: row.tries,
    events: row.events,
  }
}
