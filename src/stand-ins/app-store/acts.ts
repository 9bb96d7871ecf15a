import type { StandInReply, StandInRequest } from '../server.ts'
import { errorReply, jsonReply } from './api.ts'
import type { SimulatedNotification } from './notification.ts'
import type { SimulatedPurchase } from './one-time.ts'
import type { SimulatedSubscription } from './renewing.ts'
import type { SimulatedAppStore } from './subscription.ts'

/**
 * The stand-in's own pages, for whoever drives it from another process:
 * GET  /_root           the root certificate, PEM
 * POST /_act            {"environment"?, "on"?: a subscription's or purchase's id, "act": "renew", "args"?: […]}
 *                       → {"id", "name", "uuid", "signedPayload"}; sent to the notification URL when there is one
 */
export async function act(
  request: StandInRequest,
  stores: readonly SimulatedAppStore[],
  send: ((notification: SimulatedNotification) => Promise<number | null>) | null,
): Promise<StandInReply> {
  const store = stores[0]
  if (store === undefined) return errorReply(404, 0, 'The stand-in has no simulated store.')
  if (request.method === 'GET' && request.path === '/_root') {
    return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: store.signer.chain.rootPem }
  }
  if (request.method !== 'POST' || request.path !== '/_act') return { status: 404, body: '' }
  const done = perform(request.body, stores)
  if (typeof done === 'string') return errorReply(400, 0, done)
  const { notification, id } = done
  const status = send === null ? null : await send(notification)
  return jsonReply({
    id,
    name: notification.name,
    uuid: notification.uuid,
    at: notification.at,
    status,
    signedPayload: notification.signedPayload,
  })
}

/** What a store begins, by the name of its method: each is remembered under its id. */
const BEGUN = new WeakMap<SimulatedAppStore, Map<string, SimulatedSubscription | SimulatedPurchase>>()

interface Performed {
  readonly id: string
  readonly notification: SimulatedNotification
}

function perform(body: Buffer, stores: readonly SimulatedAppStore[]): Performed | string {
  const asked = parsed(body)
  if (asked === null) return 'The body is {"act": "renew", "on": "…", "args": []}.'
  const store = stores.find((one) => asked.environment === undefined || one.environment === asked.environment)
  if (store === undefined) return `No simulated store is of the environment ${String(asked.environment)}.`
  const begun = BEGUN.get(store) ?? new Map<string, SimulatedSubscription | SimulatedPurchase>()
  BEGUN.set(store, begun)
  const target = asked.on === undefined ? store : begun.get(String(asked.on))
  if (target === undefined) return `Nothing has the id ${String(asked.on)}.`
  const method: unknown = Object.hasOwn(target, asked.act) ? Reflect.get(target, asked.act) : undefined
  if (typeof method !== 'function') return `There is no act "${asked.act}".`
  try {
    const result = Reflect.apply(method, target, asked.args) as
      | SimulatedNotification
      | SimulatedSubscription
      | SimulatedPurchase
    if (!('opening' in result)) return { id: String(asked.on ?? ''), notification: result }
    begun.set(result.id, result)
    return { id: result.id, notification: result.opening }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Asked {
  readonly act: string
  readonly on?: unknown
  readonly environment?: unknown
  readonly args: readonly unknown[]
}

function parsed(body: Buffer): Asked | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('act' in value) || typeof value.act !== 'string') return null
    const args = 'args' in value && Array.isArray(value.args) ? value.args : []
    return { ...value, act: value.act, args }
  } catch {
    return null
  }
}
