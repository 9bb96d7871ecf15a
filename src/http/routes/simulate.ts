import { z } from 'zod'
import { accessOf } from '../access.ts'
import { type Api, absent, answers, conflict, ProjectParams } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'

const SimulatedSchema = z
  .object({
    sent: z.array(
      z.object({
        name: z.string().describe("The store's own word for the message."),
        at: z.iso.datetime().describe('When it was sent, in the life that was played.'),
        status: z.int().nullable().describe('What the hub answered; null where the stand-in got no answer.'),
      }),
    ),
  })
  .meta({ id: 'Simulated' })

export function simulateRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/simulate',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['apps'],
      summary: 'Have the stand-in of a store live a purchase',
      description:
        'Where the hub is pointed at stand-ins of the stores, as in the demo; 409 where it is not. `connectors` names the scenarios.',
      params: ProjectParams,
      body: z.strictObject({ app: z.string().max(200), scenario: z.string().max(100) }),
      response: answers(SimulatedSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const app = doors.settings.current().app(projectId, request.body.app)
      if (app === undefined) return absent(reply, 'app')
      const outcome = await doors.simulator.play(app, request.body.scenario)
      if (outcome.kind === 'refused') return conflict(reply, outcome.reason)
      await recordAct(request, doors, { act: 'simulate', kind: 'app', id: app.id })
      return reply.send({ sent: outcome.sent.map(({ name, at, status }) => ({ name, at: isoOf(at), status })) })
    },
  })
}
