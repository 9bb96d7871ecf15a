import type { Integration } from '../domain/project.ts'
import { ENVIRONMENTS, type Environment } from '../domain/purchase.ts'
import type { DeliveryFilter, ListedDelivery, ReadStorage } from '../storage/reads.ts'
import type { DeliveryStorage } from '../storage/storage.ts'
import { channelIdOf, clockReading } from './channel.ts'
import type { Channels } from './channels.ts'

/** Sending again what failed or was skipped, with the ids of the first time: `mode: fill`. */

/** Deliveries of one call, and of one transaction of it: the writer has other things to do in between. */
const MOST_A_CALL = 1_000
const BATCH = 250
const SAMPLE = 10

export interface ReplayAsked {
  readonly projectId: string
  readonly integration: Integration
  readonly status: 'failed' | 'skipped'
  readonly filter: Omit<DeliveryFilter, 'retryable'>
  /** From a `next`; null: the beginning. */
  readonly after: string | null
  /** Says what would be sent again, and sends nothing. */
  readonly dryRun: boolean
}

export type Replayed =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'replayed'
      readonly matched: number
      /** `matched` is a lower bound. */
      readonly more: boolean
      /** The oldest of them. */
      readonly sample: readonly ListedDelivery[]
      readonly retried: number
      readonly next: string | null
    }

interface ReplayDeps {
  readonly reads: Pick<ReadStorage, 'listDeliveries' | 'matchDeliveries'>
  readonly storage: Pick<DeliveryStorage, 'retryDeliveries'>
  readonly channels: Channels
  readonly now: () => number
}

/** Why nothing can be sent again there, in one sentence; null: it can. */
export function refuseRetry(
  channels: Channels,
  projectId: string,
  integrationId: string,
  environment: Environment,
): string | null {
  const channel = channels.find(projectId, channelIdOf(integrationId, environment))
  // Nobody claims from a channel that is not there: it would wait for 72 hours and fail.
  if (channel === null)
    return `The integration ${integrationId} sends nothing from the ${environment} environment; switch that on first.`
  return channel.integration.enabled
    ? null
    : `The integration ${integrationId} is switched off and sends nothing; switch it on first.`
}

/** Oldest first, so that a customer's go out in their order; whatever is sent again goes behind what waits. */
export async function replay(asked: ReplayAsked, deps: ReplayDeps): Promise<Replayed> {
  const { projectId, integration, status, dryRun } = asked
  const environments = asked.filter.environment === null ? ENVIRONMENTS : [asked.filter.environment]
  const refusals = environments.map((one) => refuseRetry(deps.channels, projectId, integration.id, one))
  const open = environments.filter((_, index) => refusals[index] === null)
  if (open.length === 0) return { kind: 'refused', reason: refusals[0] ?? '' }
  const environment = open.length === ENVIRONMENTS.length ? null : (open[0] ?? null)
  const filter: DeliveryFilter = { ...asked.filter, environment, retryable: true }
  const wanted = { projectId, integrationId: integration.id, status, filter }
  const [{ count, more }, sample] = await Promise.all([
    deps.reads.matchDeliveries(wanted),
    deps.reads.listDeliveries({ ...wanted, order: 'oldest', before: asked.after, limit: SAMPLE }),
  ])
  const found = { kind: 'replayed', matched: count, more, sample: sample.items } as const
  if (dryRun) return { ...found, retried: 0, next: null }
  return { ...found, ...(await retryFrom(asked.after, wanted, deps)) }
}

async function retryFrom(
  after: string | null,
  wanted: Parameters<ReplayDeps['reads']['matchDeliveries']>[0],
  { reads, storage, channels, now }: ReplayDeps,
): Promise<{ readonly retried: number; readonly next: string | null }> {
  const { projectId, integrationId } = wanted
  let place = after
  let retried = 0
  for (let taken = 0; taken < MOST_A_CALL; taken += BATCH) {
    const page = await reads.listDeliveries({ ...wanted, order: 'oldest', before: place, limit: BATCH })
    const dueAt = now()
    const deliveries = page.items.map(({ delivery: { id, environment } }) => {
      const channel = channels.get(projectId, channelIdOf(integrationId, environment))
      // Its 72 hours begin anew.
      return { id, mayGoAt: channel === null ? 0 : clockReading(channel, dueAt), dueAt }
    })
    if (deliveries.length > 0) retried += await storage.retryDeliveries({ projectId, deliveries })
    place = page.next
    if (place === null) break
  }
  return { retried, next: place }
}
