import { setTimeout as pause } from 'node:timers/promises'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { DESTINATIONS } from './evidence.ts'
import { api, post } from './harness.ts'

/** One attempt of the store to hand a notification over. */
export interface Attempt {
  readonly uuid: string
  readonly outcome: 'ok' | 'fail' | 'unknown'
  readonly status: number | null
}

/**
 * Sends as Apple does: what was not answered 2xx is sent again, until it was. Journals every answer. Several addresses
 * are asked in turn, whether anybody listens there or not.
 */
export function startProducer(addresses: readonly string[], notifications: readonly SimulatedNotification[]) {
  const journal: Attempt[] = []
  const accepted = new Set<string>()
  let next = 0
  let turn = 0
  const nextAddress = (): string => addresses[turn++ % addresses.length] ?? ''
  const deliver = async (notification: SimulatedNotification): Promise<void> => {
    const { uuid, body } = notification
    for (;;) {
      const answer = await post(nextAddress(), body).catch(() => null)
      const status = answer?.status ?? null
      const outcome = status === null ? 'unknown' : status === 200 ? 'ok' : 'fail'
      journal.push({ uuid, outcome, status })
      if (outcome === 'ok') {
        accepted.add(uuid)
        return
      }
      await pause(25)
    }
  }
  const worker = async (): Promise<void> => {
    for (let at = next++; at < notifications.length; at = next++) {
      const notification = notifications[at]
      if (notification !== undefined) await deliver(notification)
    }
  }
  return { journal, accepted, done: Promise.all(Array.from({ length: 8 }, worker)) }
}

/** Nothing waits, neither to be understood nor to be delivered. */
export async function drained(address: string): Promise<boolean> {
  const app = await api<{ readonly notifications: { readonly waiting: number } }>(
    address,
    '/api/projects/acme/apps/ios',
  )
  const counts = await Promise.all(
    DESTINATIONS.map((name) =>
      api<{ readonly deliveries: { readonly waiting: number } }>(address, `/api/projects/acme/integrations/${name}`),
    ),
  )
  return app.notifications.waiting === 0 && counts.every(({ deliveries }) => deliveries.waiting === 0)
}
