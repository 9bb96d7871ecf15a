import type { LifecycleEvent } from '../domain/event.ts'
import type { Environment } from '../domain/purchase.ts'

/** What a live stream tells. Nothing depends on its arrival: who was away reads `/events?after=`. */
export type LiveMessage =
  | { readonly kind: 'event'; readonly event: LifecycleEvent }
  | { readonly kind: 'delivery'; readonly delivery: LiveDelivery }

/** What became of a delivery. */
export interface LiveDelivery {
  readonly id: string
  readonly eventId: string
  readonly integrationId: string
  readonly environment: Environment
  readonly status: 'waiting' | 'delivered' | 'failed' | 'skipped'
  readonly reason: string | null
  readonly attempts: number
}

export interface Live {
  /** Gives the function that ends the subscription. */
  subscribe(projectId: string, listener: (message: LiveMessage) => void): () => void
}

export interface LiveHub extends Live {
  /** Costs one look-up where nobody listens. A listener must neither throw nor wait. */
  publish(projectId: string, message: LiveMessage): void
}

export function createLiveHub(): LiveHub {
  const listeners = new Map<string, Set<(message: LiveMessage) => void>>()
  return {
    subscribe(projectId, listener) {
      const present = listeners.get(projectId)
      if (present) present.add(listener)
      else listeners.set(projectId, new Set([listener]))
      return () => {
        const rest = listeners.get(projectId)
        rest?.delete(listener)
        if (rest?.size === 0) listeners.delete(projectId)
      }
    },
    publish(projectId, message) {
      const present = listeners.get(projectId)
      if (present) for (const listener of present) listener(message)
    },
  }
}
