import type { Loaded, StepKeys, StepRows, StepStorage } from '../storage.ts'
import type { Connection } from './connection.ts'
import { openCounts } from './counts.ts'
import type { Database } from './database.ts'
import { changeNotifications } from './inbox.ts'
import { loadStep } from './load.ts'
import { saveCustomers } from './save/customers.ts'
import { saveDeliveries, saveEvents } from './save/events.ts'
import { saveHistory } from './save/history.ts'
import { saveAttributeSets, saveLedger, saveLinks, savePurchases } from './save/purchases.ts'
import { wakeQueues } from './save/queues.ts'
import type { Work } from './work.ts'

/** load → compute → save in one transaction, under the locks of what was loaded. */
export function stepStorage(db: Database, work: Work): StepStorage {
  return {
    async step<R>(keys: StepKeys, compute: (loaded: Loaded) => { readonly save: StepRows; readonly result: R }) {
      const { save, result } = await db.write(async (session) => {
        const loaded = await loadStep(session, keys)
        const computed = compute(loaded)
        await saveStep(session, computed.save, loaded)
        return computed
      })
      if ((save.events?.length ?? 0) > 0) work.eventsCommitted()
      if ((save.queues?.length ?? 0) > 0) work.tell('queues')
      if (save.notifications?.some(({ status }) => status === 'waiting')) work.tell('inbox')
      return result
    },
  }
}

/** The order of the tables is the order of locks (README.md). */
async function saveStep(session: Connection, save: StepRows, loaded: Loaded): Promise<void> {
  const counts = openCounts()
  const customers = save.customers ?? []
  await saveCustomers(session, customers, loaded)
  await savePurchases(session, save.purchases ?? [])
  await saveLinks(session, save.links ?? [])
  await saveAttributeSets(session, save.attributeSets ?? [])
  await saveLedger(session, save.ledger ?? [], counts)
  const events = await saveEvents(session, save.events ?? [], counts)
  const waiting = await saveDeliveries(session, save.deliveries ?? [], events, counts)
  const known = new Set([...loaded.customers.keys(), ...customers.map(({ projectId, id }) => `${projectId}\n${id}`)])
  await wakeQueues(session, save.queues ?? [], waiting, known)
  await saveHistory(session, save.history ?? [])
  await changeNotifications(session, save.notifications ?? [], counts)
  await counts.write(session)
}
