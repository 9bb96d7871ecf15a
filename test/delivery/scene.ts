import type { HttpRequest, HttpResult } from '../../src/net/http.ts'
import type { ChannelRow } from '../../src/storage/rows.ts'
import type { EventSpec } from './events.ts'
import type { Disk } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

export const BOTH = ['segment', 'clevertap'] as const
export type Destination = (typeof BOTH)[number]

/** A world with this one integration. */
export function openOne(
  disk: Disk,
  destination: Destination,
  settings: Readonly<Record<string, string | boolean | number>> = {},
  rest: { readonly latencyMs?: number; readonly timeoutMs?: number } = {},
): Promise<World> {
  return openWorld({
    disk,
    ...rest,
    integrations: (project) => [
      destination === 'segment'
        ? segmentIntegration(project, { settings })
        : clevertapIntegration(project, { settings }),
    ],
  })
}

/** One event of each of so many customers. */
export const customers = (count: number): readonly EventSpec[] =>
  Array.from({ length: count }, (_, n) => ({ customer: `user-${n}` }))

export function channelOf(world: World, integration: string): ChannelRow {
  const row = world.delivery.channels.get(world.project, `${integration}:production`)
  if (row === null) throw new Error(`there is no channel of ${integration}`)
  return row
}

/** Records of a request's body: calls of a batch, or records of an upload. */
export function sent(request: HttpRequest | undefined): readonly Record<string, unknown>[] {
  const body = JSON.parse(String(request?.body)) as { batch?: Record<string, unknown>[]; d?: Record<string, unknown>[] }
  return body.batch ?? body.d ?? []
}

export const refusal = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: '{"error":"no"}',
  truncated: false,
  durationMs: 1,
})

/** Deliveries of an integration by status. */
export async function statusesOf(world: World, integration: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const { delivery } of await world.deliveries(integration))
    counts[delivery.status] = (counts[delivery.status] ?? 0) + 1
  return counts
}
