import type { ChannelRow } from '../storage/rows.ts'
import { clockReading } from './channel.ts'
import { type Channels, channelKey } from './channels.ts'
import type { DeliveryPort } from './port.ts'
import { MAX_AGE_MS } from './schedule.ts'

/** Deliveries that one call fails at most: it is one transaction. */
const SWEEP_LIMIT = 1_000

/**
 * Ends what nobody claims any more: an open channel fails what waited too long at the claim. The deliveries of an
 * integration that was removed, by whatever way, end at the second sweep that misses it: the first may have read the
 * settings before another process made the integration.
 */
export function createSweep(channels: Channels, port: DeliveryPort): () => Promise<number> {
  let missed: ReadonlySet<string> = new Set()
  return async () => {
    const rows = await port.storage.loadChannels()
    for (const row of rows) channels.heard(row)
    const open = new Set(channels.live().flatMap(({ row }) => (row.state === 'open' ? [channelKey(row)] : [])))
    const gone = new Set(rows.filter((row) => !port.isKept(row.projectId, row.integrationId)).map(channelKey))
    let failed = 0
    for (const row of rows) {
      const key = channelKey(row)
      if (gone.has(key)) {
        if (missed.has(key)) failed += await endAll(row, port)
      } else if (!open.has(key)) failed += await endOld(row, port)
    }
    missed = gone
    return failed
  }
}

async function endOld(row: ChannelRow, port: DeliveryPort): Promise<number> {
  const now = port.now()
  return port.storage.failExpired({
    channel: { projectId: row.projectId, channelId: row.channelId },
    clockReading: clockReading(row, now),
    maxAgeMs: MAX_AGE_MS,
    reason: 'It waited for more than 72 hours',
    advice: row.reason ?? 'Its integration is off or gone; switch it on again and retry.',
    now,
    limit: SWEEP_LIMIT,
  })
}

async function endAll(row: ChannelRow, port: DeliveryPort): Promise<number> {
  let failed = 0
  for (;;) {
    const ended = await port.storage.failExpired({
      channel: { projectId: row.projectId, channelId: row.channelId },
      // Later than any clock reads: whatever waits has waited long enough.
      clockReading: Number.MAX_SAFE_INTEGER,
      maxAgeMs: 0,
      reason: 'Its integration was removed before it was sent',
      advice: 'Add the integration again under the same id and retry, if it is still of use.',
      now: port.now(),
      limit: SWEEP_LIMIT,
    })
    failed += ended
    if (ended < SWEEP_LIMIT) return failed
  }
}
