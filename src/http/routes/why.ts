import { z } from 'zod'
import { VERDICTS } from '../../delivery/why/question.ts'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, ProjectParams, pageOf } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
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

export function whyRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/why',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['deliveries'],
      summary: 'Why a customer did or did not get an event, one sentence for each integration',
      params: ProjectParams,
      querystring: z.strictObject({
        customer: z.string().min(1).max(100).describe('Any app user id.'),
        event: eventTypes.optional().describe('A name (trial_cancelled) or a type; left out: the newest event.'),
        integration: z.string().max(200).optional().describe('Left out: all of them.'),
      }),
      response: answers(pageOf(WhySchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { customer, event = [], integration: asked } = request.query
      const settings = doors.settings.current()
      const integrations = settings.integrationsOf(projectId).filter(({ id }) => asked === undefined || id === asked)
      if (asked !== undefined && integrations.length === 0) return absent(reply, 'integration')
      const items = await doors.delivery.why({ projectId, customer, types: event, integrations })
      return reply.send({
        items: items.map((one) => ({
          integration_id: one.integrationId,
          destination: one.destination,
          verdict: one.verdict,
          sentence: one.sentence,
          event_id: one.eventId,
          delivery_id: one.deliveryId,
          at: isoOf(one.at),
        })),
        next: null,
      })
    },
  })
}
