import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BY_OPERATOR } from '../../settings/applied.ts'
import type { Actor } from '../access.ts'
import { type Api, answers, flag } from '../api-shapes.ts'
import { writeAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { sendProblem } from '../problem.ts'
import { takeYaml } from '../request-body.ts'

/** A config file of 1 MiB after the command has read it: its values and the line of each. */
const APPLY_LIMIT = 16 * 1024 * 1024

const OPERATOR: Actor = { ...BY_OPERATOR, kind: 'operator', id: 'operator' }

const ApplySchema = z.object({
  applied: z.boolean().describe('false with dry_run.'),
  changes: z
    .array(z.string())
    .describe('One for each thing that changes; empty when the file says what is so already.'),
  notes: z.array(z.string()).describe('What stays although the file does not declare it, and warnings.'),
})

/** `tributary apply` speaks to a running hub through this route; it reads files and variables on its own side. */
export function applyRoute(api: Api, doors: HubDoors): void {
  api.register((child, _options, done) => {
    takeYaml(child)
    const scope: Api = child.withTypeProvider<ZodTypeProvider>()
    scope.route({
      method: 'POST',
      url: '/apply',
      config: { policy: 'operator' },
      bodyLimit: APPLY_LIMIT,
      schema: {
        tags: ['settings'],
        summary: 'Apply a config file',
        consumes: ['application/yaml'],
        querystring: z.strictObject({ dry_run: flag, prune: flag, adopt: flag }),
        body: z.string('is missing; send the config file as application/yaml').min(1, 'is empty; send the config file'),
        response: answers(ApplySchema),
      },
      handler: async (request, reply) => {
        const { dry_run: dryRun, prune, adopt } = request.query
        const outcome = await doors.settings.apply(request.body, { dryRun, prune, adopt })
        if (outcome.kind === 'refused') {
          const first = outcome.faults[0] ?? 'see faults'
          return sendProblem(reply, 422, `The config file was refused and nothing was changed: ${first}`, {
            faults: [...outcome.faults],
          })
        }
        const { applied, changes, notes, acts } = outcome
        request.log.info(
          { act: 'apply', applied, changes: changes.length, request_id: request.id },
          'An act through the API',
        )
        for (const done of acts) await writeAct(request.log, doors, { ...done, actor: OPERATOR })
        return reply.send({ applied, changes: [...changes], notes: [...notes] })
      },
    })
    done()
  })
}
