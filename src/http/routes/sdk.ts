import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import type { AttributeChange, AttributeError } from '../../customers/attributes.ts'
import { accessOf } from '../access.ts'
import type { HubDoors } from '../doors.ts'
import { takeJson } from '../request-body.ts'
import { SDK_CODES, sendSdkError } from '../sdk-error.ts'
import { eraseSubscriberRoute } from './erase.ts'
import { promotionRoutes } from './promotions.ts'

/** The Purchases SDK wire: so far, attributes and promotional grants by a secret key. What is not here answers 404 in the SDKs' own shape. */
export function sdkRoutes(app: FastifyInstance, doors: HubDoors): void {
  app.register((scope, _options, done) => {
    takeJson(scope)
    scope.route<{ Params: { readonly id: string } }>({
      method: 'POST',
      url: '/v1/subscribers/:id/attributes',
      config: { policy: 'sdk' },
      handler: (request, reply) => setAttributes(request, reply, doors),
    })
    promotionRoutes(scope, doors)
    eraseSubscriberRoute(scope, doors)
    done()
  })
}

async function setAttributes(
  request: FastifyRequest<{ Params: { readonly id: string } }>,
  reply: FastifyReply,
  doors: HubDoors,
): Promise<FastifyReply> {
  const refusal = refuseAppUserId(request.params.id)
  if (refusal !== null) {
    return sendSdkError(
      reply,
      400,
      refusal.fault === 'empty' ? SDK_CODES.emptyAppUserId : SDK_CODES.invalidAppUserId,
      refusal.message,
    )
  }
  const wishes = changesFromApi(request.body)
  if (wishes === null) {
    return sendSdkError(
      reply,
      400,
      SDK_CODES.invalidAttributesBody,
      'The body has no "attributes" object of key → {value, updated_at_ms}; send one.',
    )
  }
  const { projectId } = accessOf(request)
  const stored =
    wishes.changes.length === 0
      ? []
      : await doors.customers.setAttributes(projectId, request.params.id, wishes.changes, doors.now())
  const errors = [...wishes.errors, ...stored]
  if (errors.length === 0) return reply.code(200).send({})
  return sendSdkError(
    reply,
    400,
    SDK_CODES.invalidAttributes,
    'Some attributes were not stored; attribute_errors says which and why.',
    {
      attribute_errors: errors.map(({ keyName, message }) => ({ key_name: keyName, message })),
    },
  )
}

/** null when the body is no body of attributes; a key whose wish cannot be read is an error of that key alone. */
function changesFromApi(
  body: unknown,
): { readonly changes: readonly AttributeChange[]; readonly errors: readonly AttributeError[] } | null {
  if (!isObject(body) || !isObject(body.attributes)) return null
  const changes: AttributeChange[] = []
  const errors: AttributeError[] = []
  for (const [key, wish] of Object.entries(body.attributes)) {
    if (!isObject(wish) || !(wish.value === null || typeof wish.value === 'string')) {
      errors.push({
        keyName: key,
        message: 'The value is neither text nor null; send {"value": "text", "updated_at_ms": 1795600000000}.',
      })
    } else if (
      wish.updated_at_ms !== undefined &&
      wish.updated_at_ms !== null &&
      typeof wish.updated_at_ms !== 'number'
    ) {
      errors.push({
        keyName: key,
        message: 'updated_at_ms is not a number; send milliseconds since 1970, or leave it out for now.',
      })
    } else {
      changes.push({ key, value: wish.value, updatedAt: wish.updated_at_ms ?? null })
    }
  }
  return { changes, errors }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
