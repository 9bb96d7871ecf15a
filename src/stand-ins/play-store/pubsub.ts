import type { StandInReply, StandInRequest } from '../server.ts'
import { jsonReply } from './api.ts'
import { messageOf, type SimulatedNotification } from './world.ts'

/** The topic of Play Console's notifications with one pull subscription. What is not acknowledged comes again. */
export interface Topic {
  publish(notification: SimulatedNotification): void
  answer(request: StandInRequest): StandInReply
  /** Waiting, those included that were pulled and not acknowledged. */
  readonly waiting: number
}

export function createTopic(subscription: string | null): Topic {
  const waiting = new Map<string, SimulatedNotification>()
  let count = 0
  const pull = (body: Readonly<Record<string, unknown>>): StandInReply => {
    const most = Number(body.maxMessages)
    if (!Number.isSafeInteger(most) || most <= 0) return errorReply(400, 'INVALID_ARGUMENT')
    const page = [...waiting].slice(0, most)
    return jsonReply(
      page.length === 0 ? {} : { receivedMessages: page.map(([ackId, one]) => ({ ackId, message: messageOf(one) })) },
    )
  }
  const acknowledge = (body: Readonly<Record<string, unknown>>): StandInReply => {
    const ids: readonly unknown[] = Array.isArray(body.ackIds) ? body.ackIds : []
    if (ids.length === 0) return errorReply(400, 'INVALID_ARGUMENT')
    for (const id of ids) waiting.delete(String(id))
    return jsonReply({})
  }
  return {
    publish: (notification) => {
      count += 1
      waiting.set(`ack-${count}`, notification)
    },
    get waiting() {
      return waiting.size
    },
    answer: ({ method, path, body }) => {
      const [, name, verb] = /^\/v1\/(.+):(pull|acknowledge)$/.exec(decodeURIComponent(path)) ?? []
      if (method !== 'POST' || name === undefined || name !== subscription) return errorReply(404, 'NOT_FOUND')
      const asked = JSON.parse(body.toString('utf8') || '{}') as Readonly<Record<string, unknown>>
      return verb === 'pull' ? pull(asked) : acknowledge(asked)
    },
  }
}

/** In the shape of the newer APIs of Google. */
function errorReply(code: number, status: string): StandInReply {
  return jsonReply({ error: { code, message: `The request was refused: ${status}.`, status } }, code)
}
