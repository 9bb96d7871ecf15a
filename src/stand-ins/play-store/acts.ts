import type { StandInReply, StandInRequest } from '../server.ts'
import { jsonReply } from './api.ts'
import type { SimulatedPlay, SimulatedPurchase } from './simulator.ts'
import type { Replacement, SimulatedSubscription } from './subscription-acts.ts'
import type { SimulatedNotification } from './world.ts'

/**
 * The stand-in's own page, for whoever drives it from another process:
 * POST /_act   {"on"?: the id of what was begun, "act": "renew", "args"?: […]} → {"id", "sent": [{"name", "messageId", "status"}]}
 */
export async function act(
  request: StandInRequest,
  play: SimulatedPlay,
  send: (notification: SimulatedNotification) => Promise<number | null>,
): Promise<StandInReply> {
  if (request.method !== 'POST' || request.path !== '/_act')
    return jsonReply({ error: 'POST /_act is the only page.' }, 404)
  const done = perform(request.body, play)
  if (typeof done === 'string') return jsonReply({ error: done }, 400)
  const sent = []
  for (const one of done.notifications)
    sent.push({ name: one.name, at: one.at, messageId: one.messageId, status: await send(one) })
  return jsonReply({ id: done.id, sent })
}

type Begun = SimulatedSubscription | SimulatedPurchase
const BEGUN = new WeakMap<SimulatedPlay, Map<string, Begun>>()

function perform(
  body: Buffer,
  play: SimulatedPlay,
): { readonly id: string; readonly notifications: readonly SimulatedNotification[] } | string {
  const asked = parsed(body)
  if (asked === null) return 'The body is {"act": "renew", "on": "…", "args": []}.'
  const begun = BEGUN.get(play) ?? new Map<string, Begun>()
  BEGUN.set(play, begun)
  const target = asked.on === null ? play : begun.get(asked.on)
  if (target === undefined) return `Nothing has the id ${asked.on}.`
  const method: unknown = Object.hasOwn(target, asked.act) ? Reflect.get(target, asked.act) : undefined
  if (typeof method !== 'function') return `There is no act "${asked.act}".`
  try {
    const result = Reflect.apply(method, target, asked.args) as SimulatedNotification | Begun | Replacement
    if ('farewell' in result) return { id: asked.on ?? '', notifications: [result.opening, ...result.farewell] }
    if (!('opening' in result)) return { id: asked.on ?? '', notifications: [result] }
    begun.set(result.token, result)
    return { id: result.token, notifications: [result.opening] }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function parsed(
  body: Buffer,
): { readonly act: string; readonly on: string | null; readonly args: readonly unknown[] } | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('act' in value) || typeof value.act !== 'string') return null
    const on = 'on' in value && typeof value.on === 'string' ? value.on : null
    return { act: value.act, on, args: 'args' in value && Array.isArray(value.args) ? value.args : [] }
  } catch {
    return null
  }
}
