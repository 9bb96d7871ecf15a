import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { PERIOD_TYPES, STORES } from '../../domain/purchase.ts'
import { type Api, absent, answers, ProjectParams } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { takeMuchJson } from '../request-body.ts'

/** A batch of some thousand rows, attributes included. */
const BATCH_LIMIT = 32 * 1024 * 1024
const MOST_ROWS = 20_000

const ms = z.int()
const text = z.string().max(100_000)
const short = z.string().min(1).max(1_000)
const appUserId = z.string().refine((id) => refuseAppUserId(id) === null, 'is no app user id')

const RowSchema = z.strictObject({
  place: z.tuple([z.int(), z.int()]).readonly(),
  originalAppUserId: z.string(),
  lastSeenAppUserId: z.string().nullable(),
  firstSeenAt: ms.nullable(),
  store: z.enum(STORES),
  environment: z.enum(['production', 'sandbox']),
  transactionId: short,
  originalTransactionId: short,
  productId: short,
  isSubscription: z.boolean(),
  periodType: z.enum(PERIOD_TYPES),
  startsAt: ms,
  endsAt: ms.nullable(),
  graceEndsAt: ms.nullable(),
  accessEndsAt: ms.nullable(),
  unsubscribedAt: ms.nullable(),
  billingFailedAt: ms.nullable(),
  refundedAt: ms.nullable(),
  resumesAt: ms.nullable(),
  price: z.strictObject({ micros: ms, currency: z.string().length(3) }).nullable(),
  keptMicros: ms.nullable(),
  isFamilyShare: z.boolean(),
  countryCode: z.string().length(2).nullable(),
  offerCode: z.string().nullable(),
  entitlements: z.array(z.string()),
  renewalNumber: z.int().nullable(),
  isTrialConversion: z.boolean().nullable(),
  updatedAt: ms,
  reservedAttributes: text,
  customAttributes: text,
})

const ImportSchema = z.object({
  id: short,
  kind: z.enum(['revenuecat_export', 'purchases', 'attributes']),
  source: z.string().max(4_000),
  done: ms,
  pieces: ms.nullable(),
  counts: z.string().max(1_000_000),
  startedAt: ms,
  updatedAt: ms,
  finishedAt: ms.nullable(),
})

const ShownSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('token'), token: z.string().min(1).max(1_000_000) }),
  z.strictObject({ kind: z.literal('transaction'), id: short }),
  z.strictObject({ kind: z.literal('subscription'), id: short }),
])

const ClaimSchema = z.strictObject({
  app: short,
  appUserId,
  shown: ShownSchema,
  productIds: z.array(short).max(100),
  storeUserId: short.nullable(),
  sandbox: z.boolean().nullable(),
})

const WishesSchema = z.strictObject({
  appUserId,
  changes: z
    .array(z.strictObject({ key: z.string(), value: z.string().nullable(), updatedAt: z.number().nullable() }))
    .max(1_000),
})

const BodySchema = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('begin'),
    ...ImportSchema.pick({ id: true, kind: true, source: true }).shape,
  }),
  z.strictObject({ step: z.literal('progress'), row: ImportSchema }),
  z.strictObject({
    step: z.literal('rows'),
    asOf: ms,
    announce: z.boolean(),
    named: z.partialRecord(z.enum(STORES), short),
    customers: z.array(z.array(RowSchema).min(1)).max(MOST_ROWS),
  }),
  z.strictObject({ step: z.literal('claims'), claims: z.array(ClaimSchema).max(100) }),
  z.strictObject({ step: z.literal('attributes'), sets: z.array(WishesSchema).max(1_000) }),
])

/** What each step answers is the command's business: it is of the same version as the hub, and checks it. */
const AnswerSchema = z.object({ result: z.unknown().describe('What the command that sent the step reads.') })

/** `tributary import` and `export` speak to a running hub through these; they read and write files on their own side. */
export function importRoutes(api: Api, doors: HubDoors): void {
  api.register((child, _options, done) => {
    takeMuchJson(child)
    const scope: Api = child.withTypeProvider<ZodTypeProvider>()
    importRoute(scope, doors)
    exportRoute(scope, doors)
    done()
  })
}

function importRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/imports',
    config: { policy: 'operator' },
    bodyLimit: BATCH_LIMIT,
    schema: {
      tags: ['imports'],
      summary: 'One step of an import',
      params: ProjectParams,
      body: BodySchema,
      response: answers(AnswerSchema),
    },
    handler: async (request, reply) => {
      const { project } = request.params
      if (doors.settings.current().project(project) === undefined) return absent(reply, 'project')
      return reply.send({ result: await stepOf(project, request.body, doors) })
    },
  })
}

function stepOf(projectId: string, body: z.infer<typeof BodySchema>, { imports }: HubDoors): Promise<unknown> {
  switch (body.step) {
    case 'begin': {
      const { id, kind, source } = body
      return imports.begin({ projectId, id, kind, source })
    }
    case 'progress':
      return imports.progress({ ...body.row, projectId }).then(() => null)
    case 'rows': {
      const { asOf, announce, named, customers } = body
      return imports.takeExported(projectId, { asOf, announce, named, customers })
    }
    case 'claims':
      return imports.claim(projectId, body.claims)
    case 'attributes':
      return imports.setAttributes(projectId, body.sets)
  }
}

const ExportSchema = z.object({
  items: z.array(z.record(z.string(), z.unknown())),
  next: z.string().nullable(),
})

function exportRoute(api: Api, doors: HubDoors): void {
  api.route({
    method: 'POST',
    url: '/projects/:project/exports',
    config: { policy: 'operator' },
    schema: {
      tags: ['imports'],
      summary: 'One page of an export',
      params: ProjectParams,
      body: z.strictObject({
        kind: z.enum(['events', 'customers', 'purchases']),
        after: z.string().max(10_000),
        limit: z.int().min(1).max(1_000),
      }),
      response: answers(ExportSchema),
    },
    handler: async (request, reply) => {
      const { project } = request.params
      if (doors.settings.current().project(project) === undefined) return absent(reply, 'project')
      const { items, next } = await doors.imports.page({ projectId: project, ...request.body })
      return reply.send({ items: [...items], next })
    },
  })
}
