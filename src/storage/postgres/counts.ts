import { type Addition, ofDelivery, partsOfChannel } from '../../domain/figures.ts'
import type { DeliveryStatus, NotificationStatus } from '../rows.ts'
import { given } from './arrays.ts'
import type { Connection } from './connection.ts'

/**
 * Counters are kept in 64 shards by connection and added up when they are read: two commits wait for each other over a
 * counter only when their connections share a shard. Written last in a transaction, in ascending order.
 */
const SHARD = '(pg_backend_pid() & 63)'

const INBOX = given('project_id text, app_id text, waiting bigint, understood bigint, ignored bigint, parked bigint')
const ADD_INBOX = `INSERT INTO app_inbox AS a (project_id, app_id, shard, waiting, understood, ignored, parked)
SELECT project_id, app_id, ${SHARD}, waiting, understood, ignored, parked FROM ${INBOX.sql} ORDER BY project_id, app_id
ON CONFLICT (project_id, app_id, shard) DO UPDATE SET waiting = a.waiting + excluded.waiting,
  understood = a.understood + excluded.understood, ignored = a.ignored + excluded.ignored, parked = a.parked + excluded.parked`

const DELIVERIES = given('project_id text, integration_id text, channel_id text, status text, count bigint')
const ADD_DELIVERIES = `INSERT INTO delivery_counts AS c (project_id, integration_id, channel_id, status, shard, count)
SELECT project_id, integration_id, channel_id, status, ${SHARD}, count FROM ${DELIVERIES.sql}
ORDER BY project_id, integration_id, channel_id, status
ON CONFLICT (project_id, integration_id, channel_id, status, shard) DO UPDATE SET count = c.count + excluded.count`

const FIGURES = given('project_id text, environment text, hour bigint, figure text, value bigint')
/** Shard 0 holds what housekeeping has put together. */
const ADD_FIGURES = `INSERT INTO figures AS f (project_id, environment, hour, figure, shard, value)
SELECT project_id, environment, hour, figure, 1 + ${SHARD}, value FROM ${FIGURES.sql} ORDER BY project_id, environment, hour, figure
ON CONFLICT (project_id, environment, hour, figure, shard) DO UPDATE SET value = f.value + excluded.value`

/** What one transaction moves between statuses. */
export interface Counts {
  notification(projectId: string, appId: string, status: NotificationStatus, by: number): void
  /**
   * `settledAt`: null where it waits, or leaves the database and what became of it stays counted. `tookMs`: of one that was
   * delivered.
   */
  delivery(
    projectId: string,
    integrationId: string,
    channelId: string,
    status: DeliveryStatus,
    by: number,
    settledAt: number | null,
    tookMs?: number | null,
  ): void
  figures(additions: readonly Addition[]): void
  write(session: Connection): Promise<void>
}

export function openCounts(): Counts {
  const inbox = new Map<string, Record<NotificationStatus, number>>()
  const deliveries = new Map<string, number>()
  const figures = new Map<string, number>()
  const add = (additions: readonly Addition[]): void => {
    for (const { projectId, environment, hour, figure, by } of additions) {
      const key = `${projectId}\n${environment}\n${hour}\n${figure}`
      figures.set(key, (figures.get(key) ?? 0) + by)
    }
  }
  return {
    figures: add,
    notification(projectId, appId, status, by) {
      const key = `${projectId}\n${appId}`
      const row = inbox.get(key) ?? { waiting: 0, understood: 0, ignored: 0, parked: 0 }
      row[status] += by
      inbox.set(key, row)
    },
    delivery(projectId, integrationId, channelId, status, by, settledAt, tookMs = null) {
      const key = `${projectId}\n${integrationId}\n${channelId}\n${status}`
      deliveries.set(key, (deliveries.get(key) ?? 0) + by)
      if (settledAt === null || status === 'waiting') return
      const channel = { projectId, integrationId, environment: partsOfChannel(channelId).environment }
      add(ofDelivery(channel, status, settledAt, by, tookMs))
    },
    async write(session) {
      const apps = [...inbox]
        .filter(([, row]) => Object.values(row).some((by) => by !== 0))
        .map(([key, row]) => [...key.split('\n'), row.waiting, row.understood, row.ignored, row.parked])
      if (apps.length > 0) await session.change(ADD_INBOX, INBOX.params(apps))
      const moves = [...deliveries].filter(([, by]) => by !== 0).map(([key, by]) => [...key.split('\n'), by])
      if (moves.length > 0) await session.change(ADD_DELIVERIES, DELIVERIES.params(moves))
      const sums = [...figures].filter(([, by]) => by !== 0).map(([key, by]) => [...key.split('\n'), by])
      if (sums.length > 0) await session.change(ADD_FIGURES, FIGURES.params(sums))
    },
  }
}
