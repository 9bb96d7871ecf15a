import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { RoutePolicy } from '../access.ts'
import type { Api } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { takeJson } from '../request-body.ts'
import type { Origins } from '../session-cookie.ts'
import { accountRoutes } from './accounts.ts'
import { appSettingsRoutes } from './app-settings.ts'
import { applyRoute } from './apply.ts'
import { appRoutes } from './apps.ts'
import { auditRoutes } from './audit.ts'
import { connectorRoutes } from './connectors.ts'
import { customerRoutes } from './customers.ts'
import { deliveryRoutes } from './deliveries.ts'
import { eventRoutes } from './events.ts'
import { grantRoutes } from './grants.ts'
import { importRoutes } from './imports.ts'
import { inboxRoutes } from './inbox.ts'
import { integrationSettingsRoutes } from './integration-settings.ts'
import { integrationRoutes } from './integrations.ts'
import { keyRoutes } from './keys.ts'
import { linkRoutes } from './links.ts'
import { memberRoutes } from './members.ts'
import { oidcRoutes } from './oidc.ts'
import { overviewRoutes } from './overview.ts'
import { projectRoutes } from './projects.ts'
import { purchaseRoutes } from './purchases.ts'
import { replayRoutes } from './replay.ts'
import { createGatekeeper, sessionRoutes } from './session.ts'
import { simulateRoute } from './simulate.ts'
import { type StreamOptions, streamRoute } from './stream.ts'
import { whyRoute } from './why.ts'

export interface ApiOptions extends StreamOptions {
  /** How the outside reaches the public port; where that is any free one, right once it is taken. */
  readonly baseUrl: string
  readonly version: string
  readonly origins: Origins
}

const SECURITY: Readonly<Record<RoutePolicy, readonly Readonly<Record<string, readonly string[]>>[]>> = {
  open: [],
  project: [{ session: [] }, { secret_key: [] }],
  member: [{ session: [] }],
  sdk: [{ secret_key: [] }],
  sdk_public: [{ secret_key: [] }],
  operator: [{ operator: [] }],
}

/** Everything under /api, with the OpenAPI document that is made from it. */
export function apiRoutes(app: FastifyInstance, doors: HubDoors, options: ApiOptions): void {
  app.register(
    (scope, _options, done) => {
      scope.setValidatorCompiler(validatorCompiler)
      scope.setSerializerCompiler(serializerCompiler)
      takeJson(scope)
      scope.addHook('onRoute', (route) => {
        const policy = route.config?.policy
        if (route.schema && policy !== undefined) route.schema.security = SECURITY[policy]
      })
      scope.register(swagger, documentOf(options))
      // The document lists the routes that are added once its plug-in is there.
      scope.after((error) => {
        if (error === null) addRoutes(scope, doors, options)
      })
      done()
    },
    { prefix: '/api' },
  )
}

function addRoutes(scope: FastifyInstance, doors: HubDoors, options: ApiOptions): void {
  const api: Api = scope.withTypeProvider<ZodTypeProvider>()
  overviewRoutes(api, doors)
  const keeper = createGatekeeper(doors, options)
  sessionRoutes(api, doors, options, keeper)
  linkRoutes(api, doors, keeper)
  oidcRoutes(api, doors, options, keeper)
  eventRoutes(api, doors)
  deliveryRoutes(api, doors)
  replayRoutes(api, doors)
  whyRoute(api, doors)
  integrationRoutes(api, doors)
  integrationSettingsRoutes(api, doors)
  appRoutes(api, doors, options)
  appSettingsRoutes(api, doors, options)
  projectRoutes(api, doors)
  connectorRoutes(api, doors)
  keyRoutes(api, doors)
  inboxRoutes(api, doors)
  customerRoutes(api, doors)
  grantRoutes(api, doors)
  simulateRoute(api, doors)
  purchaseRoutes(api, doors)
  streamRoute(api, doors, options)
  memberRoutes(api, doors, options)
  auditRoutes(api, doors)
  accountRoutes(api, doors)
  applyRoute(api, doors)
  importRoutes(api, doors)
  let text: string | undefined
  scope.get('/openapi.json', { config: { policy: 'open' }, schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(scope.swagger())
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

function documentOf({ version }: ApiOptions) {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tributary',
        version,
        description: 'Events, deliveries, notifications and settings of a Tributary hub.',
      },
      // Where the document is, the API is: the place of the dashboard may be another than the public one.
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          secret_key: { type: 'http' as const, scheme: 'bearer', description: 'A secret key (sk_…) of the project.' },
          session: {
            type: 'apiKey' as const,
            in: 'cookie' as const,
            name: '__Host-tributary_session',
            description:
              'A person who is signed in (`tributary_session` where neither TLS nor loopback is). What changes something needs the Origin of the dashboard and the header `x-tributary-request: 1`.',
          },
          operator: {
            type: 'apiKey' as const,
            in: 'header' as const,
            name: 'Authorization',
            description: '`Operator <token>`, made by the commands of a machine that can read the key of the hub.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  }
}
