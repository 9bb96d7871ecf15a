import type { StandInReply, StandInRequest } from '../server.ts'
import type { SimulatedNotification } from './simulator.ts'
import type { SimulatedAmazon, SimulatedPurchase } from './store.ts'
import type { SimulatedSubscription } from './subscription.ts'

interface Sender {
  send(notification: SimulatedNotification): Promise<number | null>
  subscribe(): Promise<number | null>
}

type Begun = SimulatedSubscription | SimulatedPurchase

/**
 * The stand-in's own pages, for whoever drives it from another process:
 * GET  /_topic       {"arn"}: what goes into topic_arn
 * POST /_subscribe   asks the endpoint to confirm → {"status"}
 * POST /_act         {"on"?: a receipt id, "act": "renew", "args"?: […]} → {"id", "name", "body"}; sent to the endpoint
 *                    when there is one
 */
export async function act(
  request: StandInRequest,
  stores: readonly SimulatedAmazon[],
  now: () => number,
  sender: Sender | null,
): Promise<StandInReply> {
  const [store] = stores
  if (store === undefined) return json({ error: 'The stand-in has no simulated store.' }, 404)
  if (request.method === 'GET' && request.path === '/_topic') return json({ arn: store.topic.arn })
  if (request.method === 'POST' && request.path === '/_subscribe')
    return sender === null ? json({ error: 'There is no endpoint.' }, 400) : json({ status: await sender.subscribe() })
  if (request.method !== 'POST' || request.path !== '/_act') return { status: 404, body: '' }
  const done = perform(request.body, store)
  if (typeof done === 'string') return json({ error: done }, 400)
  const { id, notification } = done
  const status = sender === null ? null : await sender.send(notification)
  return json({
    id,
    name: notification.name,
    at: notification.at,
    status,
    body: notification.bodyAt(now()).toString('utf8'),
  })
}

/** What was begun, by its receipt. */
const BEGUN = new WeakMap<SimulatedAmazon, Map<string, Begun>>()

function perform(
  body: Buffer,
  store: SimulatedAmazon,
): { readonly id: string; readonly notification: SimulatedNotification } | string {
  const asked = parsed(body)
  if (asked === null) return 'The body is {"act": "renew", "on": "…", "args": []}.'
  const begun = BEGUN.get(store) ?? new Map<string, Begun>()
  BEGUN.set(store, begun)
  const target: object | undefined = asked.on === undefined ? store : begun.get(String(asked.on))
  if (target === undefined) return `Nothing has the id ${String(asked.on)}.`
  const method: unknown = Object.hasOwn(target, asked.act) ? Reflect.get(target, asked.act) : undefined
  if (typeof method !== 'function') return `There is no act "${asked.act}".`
  try {
    const result = Reflect.apply(method, target, asked.args) as SimulatedNotification | Begun | undefined
    if (result === undefined) return `"${asked.act}" sends no notification.`
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

function json(body: object, status = 200): StandInReply {
  return { status, body: JSON.stringify(body) }
}
