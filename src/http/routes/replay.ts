import { z } from 'zod'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, conflict, cursor, ItemParams, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import { DeliverySchema, toApiDelivery } from '../delivery-json.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { quotingNobody, quotingNobodyOf, seesPersonal } from '../personal.ts'
import { environment, eventTypes } from './events.ts'

/** How far back groups of errors reach. */
const ERRORS_MS = 30 * 86_400_000

const ErrorGroupSchema = z
  .object({
    status: z.enum(['failed', 'skipped', 'waiting']),
    reason: z.string(),
    advice: z.string().nullable().describe('What to do about it, in one sentence.'),
    count: z.int(),
    more: z.boolean().describe('The count is a lower bound.'),
    last_at: z.iso.datetime().describe('When the newest ended, or was made where it waits.'),
    example_id: z.string().describe('The newest delivery of the group.'),
  })
  .meta({ id: 'ErrorGroup' })

const ReplayBody = z.strictObject({
  mode: z.literal('fill').describe('The same ids as the first time: for what never arrived.'),
  status: z.enum(['failed', 'skipped']),
  reason: z.string().max(2_000).optional().describe('As an error group has it.'),
  event_types: eventTypes.optional(),
  customer: z.string().max(100).optional().describe('Any app user id of the customer.'),
  environment: environment.optional(),
  from: z.iso.datetime().optional().describe('Deliveries made from then on.'),
  to: z.iso.datetime().optional().describe('Deliveries made before then.'),
  after: cursor.optional().describe('From a `next`: goes on where the call before ended.'),
  dry_run: z.boolean().default(false),
})

const ReplaySchema = z
  .object({
    dry_run: z.boolean(),
    matched: z.int().describe('Deliveries that match at this moment.'),
    more: z.boolean().describe('`matched` is a lower bound.'),
    sample: z.array(DeliverySchema).describe('The oldest of them, 10 at most.'),
    retried: z.int().describe('Deliveries that wait again through this call.'),
    next: z.string().nullable().describe('Call again with it as `after`; null: all are through.'),
  })
  .meta({ id: 'Replay' })

export function replayRoutes(api: Api, doors: HubDoors): void {
  errorsRoute(api, doors)
  api.route({
    method: 'POST',
    url: '/projects/:project/integrations/:id/replay',
    config: { policy: 'project', may: 'integrate' },
    schema: {
      tags: ['integrations'],
      summary: 'Send again what failed or was skipped',
      description:
        'With dry_run nothing is sent. Otherwise at most 1,000 a call, oldest first; go on with `next` as `after`. Calling again does no harm: what waits or arrived is left alone.',
      params: ItemParams,
      body: ReplayBody,
      response: answers(ReplaySchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const integration = doors.settings.current().integration(projectId, request.params.id)
      if (integration === undefined) return absent(reply, 'integration')
      const { status, reason, event_types, customer, environment, from, to, after, dry_run: dryRun } = request.body
      const outcome = await doors.delivery.replay({
        projectId,
        integration,
        status,
        filter: {
          environment: environment ?? null,
          reason: reason ?? null,
          types: event_types ?? [],
          customer: customer ?? null,
          madeFrom: from === undefined ? null : Date.parse(from),
          madeTo: to === undefined ? null : Date.parse(to),
        },
        after: after ?? null,
        dryRun,
      })
      if (outcome.kind === 'refused') return conflict(reply, outcome.reason)
      if (outcome.retried > 0) {
        const changes = [{ path: `deliveries that were ${status}`, from: null, to: String(outcome.retried) }]
        await recordAct(request, doors, { act: 'replay', kind: 'integration', id: integration.id, changes })
      }
      const { matched, more, sample, retried, next } = outcome
      const sampled = await quotingNobody(sample, accessOf(request), doors.reads)
      const shown = sampled.map((one) => toApiDelivery(one, seesPersonal(accessOf(request))))
      return reply.send({ dry_run: dryRun, matched, more, sample: shown, retried, next })
    },
  })
}

function errorsRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/integrations/:id/errors',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['integrations'],
      summary: 'What failed, waits for a reason or was skipped in the last 30 days, by reason',
      params: ItemParams,
      response: answers(pageOf(ErrorGroupSchema)),
    },
    handler: async (request, reply) => {
      const access = accessOf(request)
      const { projectId } = access
      const { id: integrationId } = request.params
      if (!doors.settings.current().integration(projectId, integrationId)) return absent(reply, 'integration')
      const since = doors.now() - ERRORS_MS
      const groups = await doors.reads.deliveryReasons({ projectId, integrationId, since })
      const items = await Promise.all(
        groups.map(async ({ lastAt, exampleId, ...group }) => {
          const texts = group.advice === null ? [group.reason] : [group.reason, group.advice]
          const [reason = '', advice = null] = await quotingNobodyOf(exampleId, texts, access, doors.reads)
          return { ...group, reason, advice, last_at: isoOf(lastAt), example_id: exampleId }
        }),
      )
      return reply.send({ items, next: null })
    },
  })
}
