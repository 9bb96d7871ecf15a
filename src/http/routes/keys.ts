import { z } from 'zod'
import { accessOf } from '../access.ts'
import { type Api, answers, Managed, ProjectParams, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import { sendUnchanged } from '../changed.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'

const KeySchema = z
  .object({ name: z.string(), last4: z.string(), managed: Managed, created_at: z.iso.datetime() })
  .meta({ id: 'SecretKey' })

const KeyParams = ProjectParams.extend({ name: z.string().min(1).max(63) })

/** The secret keys of a project. A key is shown when it is made, and never again: the hub keeps its hash. */
export function keyRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/keys',
    config: { policy: 'project', may: 'keys' },
    schema: {
      tags: ['keys'],
      summary: 'Secret keys, oldest first',
      params: ProjectParams,
      response: answers(pageOf(KeySchema)),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const own = doors.settings.current().keys.filter((key) => key.projectId === projectId)
      const oldestFirst = own.toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
      return reply.send({ items: oldestFirst.map(toApiKey), next: null })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/keys',
    config: { policy: 'project', may: 'keys' },
    schema: {
      tags: ['keys'],
      summary: 'Make a secret key; it is in this answer and nowhere else',
      params: ProjectParams,
      body: z.strictObject({ name: z.string() }),
      response: answers(KeySchema.extend({ key: z.string() })),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const made = await doors.settings.changes.createKey(projectId, request.body.name)
      if (made.kind !== 'made') return sendUnchanged(reply, made, 'project')
      await recordAct(request, doors, { act: 'create', kind: 'secret key', id: made.row.name })
      return reply.send({ ...toApiKey(made.row), key: made.key })
    },
  })

  api.route({
    method: 'DELETE',
    url: '/projects/:project/keys/:name',
    config: { policy: 'project', may: 'keys' },
    schema: {
      tags: ['keys'],
      summary: 'Revoke a secret key; it opens nothing any more from here on',
      params: KeyParams,
      response: answers(z.object({ revoked: z.literal(true) })),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const revoked = await doors.settings.changes.removeKey(projectId, request.params.name)
      if (revoked.kind !== 'revoked') return sendUnchanged(reply, revoked, 'secret key')
      await recordAct(request, doors, { act: 'revoke', kind: 'secret key', id: revoked.row.name })
      return reply.send({ revoked: true })
    },
  })
}

function toApiKey(row: {
  readonly name: string
  readonly last4: string
  readonly managed: 'file' | 'dashboard'
  readonly createdAt: number
}): z.infer<typeof KeySchema> {
  return { name: row.name, last4: row.last4, managed: row.managed, created_at: isoOf(row.createdAt) }
}
