import { createActs } from '../acts.ts'
import type { StandInReply, StandInRequest } from '../server.ts'
import type { SimulatedNotification } from './simulator.ts'
import type { SimulatedAmazon, SimulatedPurchase } from './store.ts'
import type { SimulatedSubscription } from './subscription.ts'

interface Stage {
  readonly stores: readonly SimulatedAmazon[]
  readonly now: () => number
  readonly url: string | null
  send(notification: SimulatedNotification, url: string): Promise<number | null>
  subscribe(): Promise<number | null>
}

/**
 * The stand-in's own pages, for whoever drives it from another process, beside `/_act` (../acts.ts):
 * GET  /_topic       {"arn"}: what goes into topic_arn
 * POST /_subscribe   asks the endpoint to confirm → {"status"}
 */
export function createPages(stage: Stage): (request: StandInRequest) => Promise<StandInReply> {
  const acts = createActs<SimulatedNotification>({
    stores: stage.stores,
    url: stage.url,
    send: stage.send,
    read: (result) => {
      if (!('opening' in result)) return { begun: null, messages: [result as SimulatedNotification] }
      const begun = result as SimulatedSubscription | SimulatedPurchase
      return { begun, messages: [begun.opening] }
    },
    show: (notification) => ({
      message_id: notification.messageId,
      body: notification.bodyAt(stage.now()).toString('utf8'),
    }),
  })
  return async (request) => {
    const [store] = stage.stores
    if (request.method === 'GET' && request.path === '/_topic' && store !== undefined)
      return { status: 200, body: JSON.stringify({ arn: store.topic.arn }) }
    if (request.method !== 'POST' || request.path !== '/_subscribe') return acts(request)
    if (stage.url === null) return { status: 400, body: JSON.stringify({ error: 'There is no endpoint.' }) }
    return { status: 200, body: JSON.stringify({ status: await stage.subscribe() }) }
  }
}
