import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AttributeChange, AttributeError } from '../../../customers/attributes.ts'
import { accessOf } from '../../access.ts'
import type { AttributionKind, HubDoors } from '../../doors.ts'
import { SDK_CODES, sendSdkError } from '../../sdk-error.ts'
import { isObject, refusedId, type Subscriber } from './subscriber-id.ts'

/** What is said of a customer: attributes, and where the customer came from. */
export function attributeRoutes(scope: FastifyInstance, doors: HubDoors): void {
  scope.route<Subscriber>({
    method: 'POST',
    url: '/v1/subscribers/:id/attributes',
    config: { policy: 'sdk_public', heldByDevice: true },
    handler: (request, reply) => setAttributes(request, reply, doors),
  })
  for (const kind of ['attribution', 'adservices_attribution'] as const satisfies readonly AttributionKind[]) {
    scope.route<Subscriber>({
      method: 'POST',
      url: `/v1/subscribers/:id/${kind}`,
      config: { policy: 'sdk_public', heldByDevice: true },
      handler: async (request, reply) => {
        const refused = refusedId(request.params.id, reply)
        if (refused !== null) return refused
        if (!isObject(request.body))
          return sendSdkError(
            reply,
            400,
            SDK_CODES.badRequest,
            'The body is no JSON object; send what the network gave.',
          )
        await doors.customers.keepAttribution(accessOf(request).projectId, request.params.id, kind, request.body)
        return reply.code(200).send({})
      },
    })
  }
}

async function setAttributes(
  request: FastifyRequest<Subscriber>,
  reply: FastifyReply,
  doors: HubDoors,
): Promise<FastifyReply> {
  const refused = refusedId(request.params.id, reply)
  if (refused !== null) return refused
  const wishes = isObject(request.body) ? wishesOf(request.body.attributes) : null
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
    wishes.changes.length === 0 ? [] : await doors.customers.setAttributes(projectId, request.params.id, wishes.changes)
  const errors = [...wishes.errors, ...stored]
  if (errors.length === 0) return reply.code(200).send({})
  const { code, message, ...more } = attributeFault(errors)
  return sendSdkError(reply, 400, code, message, more)
}

/** Which keys were not stored and why, as the SDKs read it: alone, or in the answer to a receipt. */
export function attributeFault(errors: readonly AttributeError[]) {
  return {
    code: SDK_CODES.invalidAttributes,
    message: 'Some attributes were not stored; attribute_errors says which and why.',
    attribute_errors: errors.map(({ keyName, message }) => ({ key_name: keyName, message })),
  }
}

export interface Wishes {
  readonly changes: readonly AttributeChange[]
  readonly errors: readonly AttributeError[]
}

/** null when this is no group of attributes; a key whose wish cannot be read is an error of that key alone. */
export function wishesOf(attributes: unknown): Wishes | null {
  if (!isObject(attributes)) return null
  const changes: AttributeChange[] = []
  const errors: AttributeError[] = []
  for (const [key, wish] of Object.entries(attributes)) {
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
