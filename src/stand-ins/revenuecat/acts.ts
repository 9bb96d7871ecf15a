import type { StandInReply } from '../server.ts'
import { send, type WebhookCredentials } from './send.ts'
import type { FeedGrant, FeedPurchase, FeedSubscription, SimulatedEvent, SimulatedSender } from './sender.ts'

export interface ActsOptions {
  readonly sender: SimulatedSender
  /** The address of the webhook; null: nothing is sent. */
  readonly url: string | null
  readonly credentials: WebhookCredentials
}

type Begun = FeedSubscription | FeedPurchase | FeedGrant

/**
 * What drives the sender from another process: `{"act": "subscribe", "args": […]}`, then `{"on": 1, "act": "renew"}` with
 * the number from the answer. The acts are the methods of the simulated sender and of what it began.
 */
export function createActs({ sender, url, credentials }: ActsOptions): (body: Buffer) => Promise<StandInReply> {
  const begun: Begun[] = []
  const perform = (asked: Asked): { readonly on: number | null; readonly events: readonly SimulatedEvent[] } => {
    const target: object | undefined = asked.on === null ? sender : begun[asked.on - 1]
    if (target === undefined) throw new Error(`Nothing was begun under ${asked.on}.`)
    const method: unknown = Object.hasOwn(target, asked.act) ? Reflect.get(target, asked.act) : undefined
    if (typeof method !== 'function') throw new Error(`There is no act "${asked.act}".`)
    const result = Reflect.apply(method, target, asked.args) as Begun | SimulatedEvent | readonly SimulatedEvent[]
    if (!('opening' in result)) return { on: asked.on, events: Array.isArray(result) ? result : [result] }
    return { on: begun.push(result), events: [result.opening] }
  }
  return async (body) => {
    const asked = askedOf(body)
    if (asked === null) return reply(400, { message: 'The body is {"act": "renew", "on": 1, "args": []}.' })
    try {
      const { on, events } = perform(asked)
      const sent: object[] = []
      for (const event of events) {
        const attempt = url === null ? null : await send(url, event, credentials)
        sent.push({ id: event.id, name: event.name, status: attempt?.status ?? null, event: event.event })
      }
      return reply(200, { on, events: sent })
    } catch (error) {
      return reply(400, { message: error instanceof Error ? error.message : String(error) })
    }
  }
}

interface Asked {
  readonly act: string
  readonly on: number | null
  readonly args: readonly unknown[]
}

function askedOf(body: Buffer): Asked | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('act' in value) || typeof value.act !== 'string') return null
    const on = 'on' in value && typeof value.on === 'number' ? value.on : null
    return { act: value.act, on, args: 'args' in value && Array.isArray(value.args) ? value.args : [] }
  } catch {
    return null
  }
}

function reply(status: number, body: object): StandInReply {
  return { status, body: JSON.stringify(body) }
}
