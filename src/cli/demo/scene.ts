import type { EventName } from '../../domain/event.ts'

/** One thing that happens in the demo: what is said of it, what is sent to the hub, and what must come of it. */
export interface Scene {
  readonly say: string
  send(): readonly Post[]
  /** The events that these messages make, by name: written by hand, not asked of the hub. */
  readonly expect: readonly EventName[]
  /** Those of them that CleverTap has no event for. */
  readonly notAtClevertap: readonly EventName[]
  readonly sandbox: boolean
  /** What reaches Segment as revenue (USD micros). */
  readonly revenueMicros: number
}

/** A request to the hub: what a store posts, or the server of an app. */
export interface Post {
  /** The sender's own word for it. */
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

interface More {
  readonly revenueMicros?: number
  readonly sandbox?: boolean
  readonly notAtClevertap?: readonly EventName[]
}

/** The messages are made when the scene is played: until then the store knows nothing of what comes later. */
export function scene(say: string, send: () => readonly Post[], expect: readonly EventName[], more: More = {}): Scene {
  const { revenueMicros = 0, sandbox = false, notAtClevertap = [] } = more
  return { say, send, expect, notAtClevertap, sandbox, revenueMicros }
}

export const DAY = 86_400_000
export const HOUR = 3_600_000
