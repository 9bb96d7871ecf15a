import type { StandInReply, StandInRequest } from '../server.ts'
import type { SimulatedCheckout } from './checkout.ts'
import type { SimulatedEvent } from './event.ts'
import type { SimulatedStripe, SimulatedSubscription } from './simulator.ts'

/**
 * The stand-in's own page, for whoever drives it from another process:
 * POST /_act   {"livemode"?, "on"?: a subscription's or checkout's id, "act": "renew", "args"?: […]}
 *              → {"id", "events": [{"id", "type", "at", "status", "body", "signature"}]}; sent to the event destination
 *              when there is one
 */
export async function act(
  request: StandInRequest,
  accounts: readonly SimulatedStripe[],
  send: ((event: SimulatedEvent) => Promise<number | null>) | null,
): Promise<StandInReply> {
  if (request.method !== 'POST' || request.path !== '/_act') return { status: 404, body: '' }
  const done = perform(request.body, accounts)
  if (typeof done === 'string') return { status: 400, body: JSON.stringify({ error: { message: done } }) }
  const events: object[] = []
  for (const event of done.events) {
    const status = send === null ? null : await send(event)
    const { id, type, at, body } = event
    events.push({ id, type, at, status, body: body.toString('utf8'), signature: event.header() })
  }
  return { status: 200, body: JSON.stringify({ id: done.id, events }) }
}

/** What an account begins, by its id. */
const BEGUN = new WeakMap<SimulatedStripe, Map<string, SimulatedSubscription | SimulatedCheckout>>()

interface Performed {
  readonly id: string
  readonly events: readonly SimulatedEvent[]
}

function perform(body: Buffer, accounts: readonly SimulatedStripe[]): Performed | string {
  const asked = parsed(body)
  if (asked === null) return 'The body is {"act": "renew", "on": "…", "args": []}.'
  const account = accounts.find(({ livemode }) => asked.livemode === undefined || livemode === asked.livemode)
  if (account === undefined) return 'No simulated account is of this mode.'
  const begun = BEGUN.get(account) ?? new Map<string, SimulatedSubscription | SimulatedCheckout>()
  BEGUN.set(account, begun)
  const target = asked.on === undefined ? account : begun.get(String(asked.on))
  if (target === undefined) return `Nothing has the id ${String(asked.on)}.`
  const method: unknown = Object.hasOwn(target, asked.act) ? Reflect.get(target, asked.act) : undefined
  if (typeof method !== 'function') return `There is no act "${asked.act}".`
  try {
    const result = Reflect.apply(method, target, asked.args) as
      | readonly SimulatedEvent[]
      | SimulatedEvent
      | SimulatedSubscription
      | SimulatedCheckout
    if (Array.isArray(result)) return { id: String(asked.on ?? ''), events: result as readonly SimulatedEvent[] }
    if ('opening' in result) {
      begun.set(result.id, result)
      return { id: result.id, events: result.opening }
    }
    return { id: '', events: [result as SimulatedEvent] }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Asked {
  readonly act: string
  readonly on?: unknown
  readonly livemode?: unknown
  readonly args: readonly unknown[]
}

function parsed(body: Buffer): Asked | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('act' in value) || typeof value.act !== 'string') return null
    return { ...value, act: value.act, args: 'args' in value && Array.isArray(value.args) ? value.args : [] }
  } catch {
    return null
  }
}
