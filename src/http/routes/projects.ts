import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { TRANSFER_BEHAVIORS } from '../../domain/project.ts'
import { PROJECT_FIELDS } from '../../settings/common.ts'
import { COMMISSION_RULE_FIELDS, EXCHANGE_RATE_FIELDS, TAX_RULE_FIELDS } from '../../settings/rates.ts'
import { ruleWritten, usdOf } from '../../settings/written.ts'
import { accessOf, personOf } from '../access.ts'
import { type Api, absent, answers, Managed, ProjectParams, pageOf } from '../api-shapes.ts'
import { recordAct, writeAct } from '../audit.ts'
import { sendUnchanged } from '../changed.ts'
import type { HubDoors } from '../doors.ts'
import { FieldSchema, toApiFields } from '../field-json.ts'
import { sendProblem } from '../problem.ts'
import { SessionSchema, toApiOwnProjects } from '../session-json.ts'

const Rules = z.array(z.record(z.string(), z.unknown()))

const ProjectSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    managed: Managed,
    track_unknown_purchases: z.boolean(),
    identity_hold_seconds: z.int(),
    transfer_behavior: z.enum(TRANSFER_BEHAVIORS),
    resubscribe_as: z.enum(['initial_purchase', 'renewal']),
    entitlements: z.record(z.string(), z.array(z.string())),
    offerings: z.record(z.string(), z.unknown()).describe('As in the config file, which alone changes them.'),
    commission_rules: Rules.describe('As in the config file; `rule_fields` says what each may have.'),
    tax_rules: Rules,
    exchange_rates: z.array(z.object({ currency: z.string(), date: z.string(), usd: z.string() })),
    fields: z.array(FieldSchema),
    rule_fields: z.object({
      commission_rules: z.array(FieldSchema),
      tax_rules: z.array(FieldSchema),
      exchange_rates: z.array(FieldSchema),
    }),
  })
  .meta({ id: 'Project' })

const Changes = z.strictObject({
  name: z.string().nullable().optional(),
  track_unknown_purchases: z.boolean().optional(),
  identity_hold_seconds: z.number().optional(),
  transfer_behavior: z.string().optional(),
  resubscribe_as: z.string().optional(),
  entitlements: z.record(z.string(), z.array(z.string())).optional().describe('All of them.'),
  commission_rules: Rules.optional().describe('All of them.'),
  tax_rules: Rules.optional(),
  exchange_rates: Rules.optional(),
})

export function projectRoutes(api: Api, doors: HubDoors): void {
  ownProjectRoutes(api, doors)
  oneProjectRoutes(api, doors)
  managementRoutes(api, doors)
}

const OwnProject = SessionSchema.shape.projects.element

/** What a signed-in person sees of the hub: the projects that they are in. */
function ownProjectRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects',
    config: { policy: 'member' },
    schema: {
      tags: ['settings'],
      summary: 'The projects of whoever is signed in',
      response: answers(pageOf(OwnProject)),
    },
    handler: async (request, reply) =>
      reply.send({ items: toApiOwnProjects(personOf(request), doors.settings.current()), next: null }),
  })

  api.route({
    method: 'POST',
    url: '/projects',
    config: { policy: 'member' },
    schema: {
      tags: ['settings'],
      summary: 'Add a project; the owner of the hub alone may',
      body: z.strictObject({ id: z.string(), name: z.string() }),
      response: answers(ProjectSchema),
    },
    handler: async (request, reply) => {
      const { account } = personOf(request)
      if (!account.hubOwner)
        return sendProblem(
          reply as unknown as FastifyReply,
          403,
          'Only the owner of the hub adds projects; ask whoever set the hub up.',
        )
      const { id } = request.body
      const done = await doors.settings.changes.createProject(request.body)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'project')
      const actor = { kind: 'member', id: account.id, name: account.email } as const
      await writeAct(request.log, doors, {
        projectId: id,
        actor,
        act: 'create',
        kind: 'project',
        id,
        changes: done.changes,
      })
      const shown = toApiProject(doors, id)
      return shown === null ? absent(reply, 'project') : reply.send(shown)
    },
  })
}

function oneProjectRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['settings'],
      summary: 'The project',
      params: ProjectParams,
      response: answers(ProjectSchema),
    },
    handler: async (request, reply) => {
      const shown = toApiProject(doors, accessOf(request).projectId)
      return shown === null ? absent(reply, 'project') : reply.send(shown)
    },
  })

  api.route({
    method: 'PATCH',
    url: '/projects/:project',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['settings'],
      summary: 'Change the project',
      params: ProjectParams,
      body: Changes,
      response: answers(ProjectSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const done = await doors.settings.changes.changeProject(projectId, request.body)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'project')
      if (done.changes.length > 0)
        await recordAct(request, doors, { act: 'update', kind: 'project', id: projectId, changes: done.changes })
      const shown = toApiProject(doors, projectId)
      return shown === null ? absent(reply, 'project') : reply.send(shown)
    },
  })
}

function managementRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/hand-over',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['settings'],
      summary: 'Manage in the dashboard what a config file manages',
      description:
        'The settings stay as they are. A file that declares them is refused from then on, at the next start too: take it out of TRIBUTARY_CONFIG, or take them back with `apply --adopt`.',
      params: ProjectParams,
      response: answers(ProjectSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const done = await doors.settings.changes.handOver(projectId)
      if (done.kind !== 'changed') return sendUnchanged(reply, done, 'project')
      if (done.changes.length > 0)
        await recordAct(request, doors, { act: 'hand over', kind: 'project', id: projectId, changes: done.changes })
      const shown = toApiProject(doors, projectId)
      return shown === null ? absent(reply, 'project') : reply.send(shown)
    },
  })

  api.route({
    method: 'GET',
    url: '/projects/:project/config.yaml',
    config: { policy: 'project', may: 'configure' },
    schema: {
      tags: ['settings'],
      summary: 'Everything of the project as a config file, with a variable in the place of each secret',
      params: ProjectParams,
      produces: ['application/yaml'],
      response: { 200: { description: 'YAML.', content: { 'application/yaml': { schema: z.string() } } } },
    },
    handler: async (request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(await doors.settings.exported(accessOf(request).projectId)),
  })
}

function toApiProject(doors: HubDoors, projectId: string): z.infer<typeof ProjectSchema> | null {
  const settings = doors.settings.current()
  const project = settings.project(projectId)
  if (project === undefined) return null
  return {
    id: project.id,
    name: project.name,
    managed: settings.managedBy('project', projectId, projectId) ?? 'dashboard',
    track_unknown_purchases: project.trackUnknownPurchases,
    identity_hold_seconds: Math.round(project.identityHoldMs / 1000),
    transfer_behavior: project.transferBehavior,
    resubscribe_as: project.resubscribeAs,
    entitlements: Object.fromEntries(Object.entries(project.entitlements).map(([name, ids]) => [name, [...ids]])),
    offerings: Object.fromEntries((project.offerings ?? []).map(({ id, ...offering }) => [id, offering])),
    commission_rules: (project.commissionRules ?? []).map((rule) => ({ ...ruleWritten(rule) })),
    tax_rules: (project.taxRules ?? []).map((rule) => ({ ...ruleWritten(rule) })),
    exchange_rates: (project.exchangeRates ?? []).map(({ currency, date, rate }) => ({
      currency,
      date,
      usd: usdOf(rate.toString()),
    })),
    fields: toApiFields(PROJECT_FIELDS),
    rule_fields: {
      commission_rules: toApiFields(COMMISSION_RULE_FIELDS),
      tax_rules: toApiFields(TAX_RULE_FIELDS),
      exchange_rates: toApiFields(EXCHANGE_RATE_FIELDS),
    },
  }
}
