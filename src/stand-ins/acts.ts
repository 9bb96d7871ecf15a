import type { StandInReply, StandInRequest } from './server.ts'

/** What every message of a played store has. */
export interface Message {
  /** The store's own word for it. */
  readonly name: string
  /** When it was sent (milliseconds). */
  readonly at: number
}

/** What an act has done: the thing that it began, if any, and what the store would send. */
export interface Done<M extends Message> {
  readonly begun: (object & { readonly id: string }) | null
  readonly messages: readonly M[]
}

export interface Stage<M extends Message> {
  /** Whose methods the acts are; the first one is the default, an act may name another by its environment. */
  readonly stores: readonly (object & { readonly environment: 'production' | 'sandbox' })[]
  /** What a method returned, read. */
  readonly read: (result: object) => Done<M>
  /** Posts a message to `url` as the store does; gives the status of the answer, null without one. */
  readonly send: (message: M, url: string) => Promise<number | null>
  /** Where the store sends to; null: nowhere, unless the act says so. */
  readonly url: string | null
  /** What else is shown of a message. */
  readonly show: (message: M) => Readonly<Record<string, unknown>>
}

/**
 * The page by which another process drives a played store:
 * POST /_act  {"act": "renew", "on"?: an id from before, "args"?: […], "environment"?, "notify"?: a URL}
 *          →  {"id", "sent": [{"name", "at", "status", …}]}
 * The acts are the methods of the played store and of what it began. `status` is what the receiver answered; null where
 * there is none.
 */
export function createActs<M extends Message>(stage: Stage<M>): (request: StandInRequest) => Promise<StandInReply> {
  const begun = new Map<string, object>()
  const perform = ({ act, on, args, environment }: Asked): Done<M> => {
    const store = stage.stores.find((one) => environment === null || one.environment === environment)
    if (store === undefined) throw new Error(`No played store is of the environment ${environment}.`)
    const target = on === null ? store : begun.get(on)
    if (target === undefined) throw new Error(`Nothing has the id ${on}.`)
    const method: unknown = Object.hasOwn(target, act) ? Reflect.get(target, act) : undefined
    if (typeof method !== 'function') throw new Error(`There is no act "${act}".`)
    const result: unknown = Reflect.apply(method, target, args)
    if (typeof result !== 'object' || result === null) throw new Error(`"${act}" sends nothing.`)
    return stage.read(result)
  }
  return async ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/_act') return { status: 404, body: '' }
    const asked = askedOf(body)
    if (asked === null) return fault('The body is {"act": "renew", "on": "…", "args": []}.')
    try {
      const done = perform(asked)
      if (done.begun !== null) begun.set(done.begun.id, done.begun)
      const url = asked.notify ?? stage.url
      const sent: object[] = []
      for (const message of done.messages) {
        const status = url === null ? null : await stage.send(message, url)
        sent.push({ name: message.name, at: message.at, status, ...stage.show(message) })
      }
      return json(200, { id: done.begun?.id ?? asked.on, sent })
    } catch (error) {
      return fault(error instanceof Error ? error.message : String(error))
    }
  }
}

interface Asked {
  readonly act: string
  readonly on: string | null
  readonly args: readonly unknown[]
  readonly environment: string | null
  readonly notify: string | null
}

function askedOf(body: Buffer): Asked | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('act' in value) || typeof value.act !== 'string') return null
    const text = (key: string): string | null => {
      const given: unknown = Reflect.get(value, key)
      return given === undefined || given === null ? null : String(given)
    }
    const args = 'args' in value && Array.isArray(value.args) ? value.args : []
    return { act: value.act, on: text('on'), args, environment: text('environment'), notify: text('notify') }
  } catch {
    return null
  }
}

function fault(message: string): StandInReply {
  return json(400, { error: message })
}

function json(status: number, body: object): StandInReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
