import type { Destination, DestinationRequest } from '../../src/destinations/destination.ts'
import { outcomeOfStatus, recordOf } from '../../src/destinations/outcome.ts'
import type { Settings } from '../../src/domain/field.ts'
import { startStandIn } from '../../src/stand-ins/server.ts'

/** A destination that the product does not have: everything about it is in this file. */

export const TOKEN = 'tok_canary_of_the_made_up'

/** `origin`: where its server is; `pigeon` as a remote is nothing that an operator could move. */
export const pigeonPost = (origin: string): Destination => ({
  id: 'pigeon',
  title: 'Pigeon Post',
  fields: [
    {
      key: 'token',
      type: 'secret',
      label: 'Token',
      help: 'Around the leg of the bird.',
      required: true,
      pattern: 'tok_\\w+',
    },
    {
      key: 'loft',
      type: 'select',
      label: 'Loft',
      help: 'Where it flies to.',
      default: 'north',
      options: [
        { value: 'north', label: 'North' },
        { value: 'south', label: 'South' },
      ],
    },
  ],
  carries: (name, store) => name !== 'subscription_paused' && (store !== 'promotional' || name.endsWith('purchase')),
  refuseEventName: (name) => (name.length > 20 ? 'A pigeon carries 20 characters; shorten the name.' : null),
  answers: 'request',
  limits: { deliveriesPerRequest: 1, bytesPerRequest: 10_000, slots: 1, maxSlots: 1 },
  hasChannel: (_settings, environment, toggle) => environment === 'production' || toggle,
  identify: ({ appUserId }) => ({ kind: 'identity', identity: { id: appUserId } }),
  records: ({ event, eventName, identity }) => ({
    kind: 'records',
    records: [recordOf('letter', { id: event.id, name: eventName, to: identity.id, attributes: event.attributes })],
    notes: [],
  }),
  request: (records, { settings }) =>
    requestTo(origin, settings, 'POST', '/letters', `[${records.map(({ json }) => json).join(',')}]`),
  outcomes: (answer, records) =>
    outcomeOfStatus(answer, answer.body) ?? { kind: 'records', outcomes: records.map(() => ({ kind: 'delivered' })) },
  check: (settings) => ({
    requests: [{ name: 'loft', request: requestTo(origin, settings, 'GET', '/loft', '') }],
    verdict: ([answer]) => {
      if (answer === null || answer === undefined)
        return { ok: null, message: 'The loft did not answer; try again later.' }
      if (answer.status === 200) return { ok: true, message: 'The loft knows the bird.' }
      return { ok: false, message: `The loft says: ${answer.body}`, suggestion: { loft: 'south' } }
    },
  }),
  secretHeaders: ['x-token'],
  secretBodyKeys: [],
})

function requestTo(
  origin: string,
  settings: Settings,
  method: 'GET' | 'POST',
  path: string,
  body: string,
): DestinationRequest {
  return {
    remote: 'pigeon',
    origin,
    method,
    path: `/${String(settings.loft)}${path}`,
    headers: { 'x-token': String(settings.token), 'content-type': 'application/json' },
    body,
  }
}

/** Its server: knows one token at the south loft, and repeats what it was shown when it refuses. */
export async function startPigeonLoft() {
  const letters: unknown[] = []
  const standIn = await startStandIn({
    handle: ({ method, path, headers, body }) => {
      if (headers['x-token'] !== TOKEN || !path.startsWith('/south/'))
        return { status: 401, body: `nobody knows ${String(headers['x-token'])} here` }
      if (method === 'POST') letters.push(...(JSON.parse(body.toString()) as unknown[]))
      return { status: 200, body: '{}' }
    },
  })
  return Object.assign(standIn, { letters })
}
