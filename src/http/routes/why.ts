import { z } from 'zod'
import { VERDICTS } from '../../delivery/why/question.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ProjectParams, pageOf } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { quotingNobodyOf } from '../personal.ts'
import { eventTypes } from './events.ts'

const WhySchema = z
  .object({
    integration_id: z.string(),
    destination: z.string(),
    verdict: z.enum(VERDICTS),
    sentence: z.string().describe('For a person: what happened, why, and what to do where something can be done.'),
    event_id: z.string().nullable(),
    delivery_id: z.string().nullable(),
    at: z.iso.datetime().nullable().describe('When it was delivered, failed, or happened.'),
  })
  .meta({ id: 'Why' })

const WhyQuery = z
  .strictObject({
    customer: z.string().min(1).max(100).optional().describe('Any app user id; may be left out with `event_id`.'),
    event: eventTypes.optional().describe('A name (trial_cancelled) or a type; left out: the newest event.'),
    event_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('This very event; `customer` and `event` are then not looked at.'),
    integration: z.string().max(200).optional().describe('Left out: all of them.'),
  })
  .refine(({ customer, event_id }) => customer !== undefined || event_id !== undefined, {
    path: ['customer'],
    message: 'is missing; say which customer, or which event by its event_id',
  })

export function whyRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/why',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['deliveries'],
      summary: 'Why a customer did or did not get an event, or where one event went, one sentence for each integration',
      params: ProjectParams,
      querystring: WhyQuery,
      response: answers(pageOf(WhySchema)),
    },
    handler: async (request, reply) => {
      const access = accessOf(request)
      const { projectId } = access
      const { customer, event = [], event_id: eventId, integration: asked } = request.query
      const settings = doors.settings.current()
      const integrations = settings.integrationsOf(projectId).filter(({ id }) => asked === undefined || id === asked)
      if (asked !== undefined && integrations.length === 0) return absent(reply, 'integration')
      const items =
        eventId === undefined
          ? await doors.delivery.why({ projectId, customer: customer ?? '', types: event, integrations })
          : await doors.delivery.whyEvent({ projectId, eventId, integrations })
      if (items === null) return absent(reply, 'event')
      const shown = items.map(async (one) => {
        const [sentence = ''] = await quotingNobodyOf(one.deliveryId, [one.sentence], access, doors.reads)
        return {
          integration_id: one.integrationId,
          destination: one.destination,
          verdict: one.verdict,
          sentence,
          event_id: one.eventId,
          delivery_id: one.deliveryId,
          at: isoOf(one.at),
        }
      })
      return reply.send({ items: await Promise.all(shown), next: null })
    },
  })
}
