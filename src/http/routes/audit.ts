import { z } from 'zod'
import { accessOf } from '../access.ts'
import { type Api, answers, cursor, limit, ProjectParams, pageOf } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'

const ActSchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.object({ kind: z.enum(['member', 'key', 'operator', 'file']), name: z.string() }),
    act: z.string().describe('A verb: create, update, delete, pause, invite, grant, retry …'),
    kind: z.string().describe('What it was done to: integration, app, member, customer …'),
    on: z.string().describe('Its id; `erased` for a customer who is not there any more.'),
    changes: z.array(z.object({ path: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
  })
  .meta({ id: 'Act' })

export function auditRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/audit',
    config: { policy: 'project', may: 'audit' },
    schema: {
      tags: ['members'],
      summary: 'Who did what, newest first',
      params: ProjectParams,
      querystring: z.strictObject({ before: cursor.optional(), limit }),
      response: answers(pageOf(ActSchema)),
    },
    handler: async (request, reply) => {
      const { before, limit: most } = request.query
      const query = { projectId: accessOf(request).projectId, before: before ?? null, limit: most }
      const { items, next } = await doors.audit.list(query)
      return reply.send({
        items: items.map((row) => ({
          id: row.id,
          at: isoOf(row.at),
          actor: { kind: row.actorKind, name: row.actorName },
          act: row.act,
          kind: row.kind,
          on: row.subject,
          changes: JSON.parse(row.changes) as { path: string; from: string | null; to: string | null }[],
        })),
        next,
      })
    },
  })
}
