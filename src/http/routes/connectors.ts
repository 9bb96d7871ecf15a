import { z } from 'zod'
import { EVENT_NAMES } from '../../domain/event.ts'
import { SOURCES, STORES } from '../../domain/purchase.ts'
import { type Api, answers, ProjectParams } from '../api-shapes.ts'
import type { HubDoors, ShownDestination, ShownStore } from '../doors.ts'
import { FieldSchema, toApiFields } from '../field-json.ts'

const Scenario = z.object({ name: z.string(), about: z.string() })

const StoreSchema = z
  .object({
    id: z.enum(SOURCES),
    title: z.string(),
    slug: z.string().nullable().describe('As in the notification address.'),
    fields: z.array(FieldSchema).describe('What lies under `settings`.'),
    app_fields: z.array(FieldSchema).describe('What stands beside `settings`, as this store words it.'),
    steps: z
      .array(z.string())
      .describe('What to do at the store, in order; `{url}` stands for the notification address.'),
    can_check: z.boolean(),
    can_test_notification: z.boolean(),
    simulator: z
      .object({ scenarios: z.array(Scenario) })
      .nullable()
      .describe('What can be played where the hub trusts a simulator of the store.'),
  })
  .meta({ id: 'Store' })

const DestinationSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    fields: z.array(FieldSchema).describe('What lies under `settings`.'),
    integration_fields: z.array(FieldSchema).describe('What stands beside `settings`.'),
    event_names: z.array(
      z.object({
        key: z.enum(EVENT_NAMES),
        label: z.string(),
        default: z.string(),
        stores: z.array(z.enum(STORES)).describe('The stores for which it is sent, unless all events are.'),
      }),
    ),
    can_check: z.boolean(),
    confirm: z.string().nullable().describe('What a person looks at after a test event; null: the check tells.'),
  })
  .meta({ id: 'Destination' })

/** Everything that the forms are drawn from. */
export function connectorRoutes(api: Api, doors: HubDoors): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/connectors',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['settings'],
      summary: 'Stores and destinations with the fields of their forms',
      params: ProjectParams,
      response: answers(z.object({ stores: z.array(StoreSchema), destinations: z.array(DestinationSchema) })),
    },
    handler: async (_request, reply) => {
      const { stores, destinations } = doors.connectors
      const scenarios = await Promise.all(stores.map(({ name }) => doors.simulator.scenariosOf(name)))
      return reply.send({
        stores: stores.map((store, index) => toApiStore(store, scenarios[index] ?? null)),
        destinations: destinations.map(toApiDestination),
      })
    },
  })
}

function toApiStore(
  store: ShownStore,
  scenarios: Awaited<ReturnType<HubDoors['simulator']['scenariosOf']>>,
): z.infer<typeof StoreSchema> {
  return {
    id: store.name,
    title: store.title,
    slug: store.slug,
    fields: toApiFields(store.fields),
    app_fields: toApiFields(store.appFields),
    steps: [...store.steps],
    can_check: store.canCheck,
    can_test_notification: store.canTestNotification,
    simulator: scenarios === null ? null : { scenarios: scenarios.map((one) => ({ ...one })) },
  }
}

function toApiDestination(destination: ShownDestination): z.infer<typeof DestinationSchema> {
  return {
    id: destination.id,
    title: destination.title,
    fields: toApiFields(destination.fields),
    integration_fields: toApiFields(destination.integrationFields),
    event_names: destination.eventNames.map((one) => ({ ...one, stores: [...one.stores] })),
    // Every destination declares its check; where it finds nothing to ask, there are no results.
    can_check: true,
    confirm: destination.confirm?.ask ?? null,
  }
}
