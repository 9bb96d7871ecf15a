import type { DeliveryStorage, SettleInput } from '../../storage.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'
import { grouping } from '../group.ts'
import { endStuck, STUCK_AFTER_MS } from '../stuck.ts'
import type { Work } from '../work.ts'
import { channelStorage } from './channels.ts'
import { claimLots } from './claim-lots.ts'
import { failExpired } from './expire.ts'
import { freeDeadClaims } from './free.ts'
import { renewLot } from './renew.ts'
import { acceptDelivery, retryDeliveries } from './retry.ts'
import { type Settled, settleLots } from './settle.ts'

/** Two seeks a channel. */
const NEXT_DUE = `SELECT min(q.due_at) FROM unnest($1::text[], $2::text[]) AS g (project_id, channel_id) CROSS JOIN unnest(ARRAY[0, 1]::smallint[]) AS a (alone)
CROSS JOIN LATERAL (SELECT due_at FROM queues q WHERE q.project_id = g.project_id AND q.channel_id = g.channel_id
  AND q.owner IS NULL AND q.alone = a.alone ORDER BY due_at LIMIT 1) q`

export function deliveryStorage(db: Database, work: Work): DeliveryStorage {
  const settling = grouping<SettleInput, Settled>({
    most: 800,
    weight: ({ queues }) => queues.reduce((sum, { deliveries }) => sum + 1 + deliveries.length, 2),
    run: (inputs) => db.write((session) => settleLots(session, inputs)),
  })
  return {
    ...channelStorage(db, work),
    async claimLots(input) {
      work.requireInstance()
      return claimLots(db, input)
    },
    async settleLot(input) {
      const settled = await settling(input)
      if (settled.kind === 'settled' && input.channel !== null) work.tell('channels')
      return settled
    },
    renewLot: ({ lot, leaseUntil }) => db.write((session) => renewLot(session, lot, leaseUntil)),
    async nextQueueDue(channels) {
      if (channels.length === 0) return null
      const params = [texts(channels.map((one) => one.projectId)), texts(channels.map((one) => one.channelId))]
      const due = (await db.read(NEXT_DUE, params))[0]?.[0]
      return typeof due === 'number' ? due : null
    },
    async freeDeadClaims(owner, now) {
      await db.write((session) => endStuck(session, STUCK_AFTER_MS))
      const freed = await db.write((session) => freeDeadClaims(session, owner, now))
      if (freed > 0) work.tell('queues')
      return freed
    },
    failExpired: (input) => db.write((session) => failExpired(session, input)),
    async retryDeliveries(input) {
      const retried = await db.write((session) => retryDeliveries(session, input))
      if (retried > 0) work.tell('queues')
      return retried
    },
    acceptDelivery: (input) => db.write((session) => acceptDelivery(session, input)),
  }
}
