import { purchaseId } from '../../../domain/purchase.ts'
import {
  customerFrom,
  customerIndexValues,
  customerValues,
  keyValues,
  newDeliveryValues,
  purchaseFrom,
  purchaseValues,
} from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import { attributeSetValues, historyValues, newEventValues } from '../../event-columns.ts'
import { enteredValues } from '../../ledger-columns.ts'
import type { Loaded, StepKeys, StepRows, StepStorage } from '../../storage.ts'
import type { Thread } from '../thread.ts'
import type { LoadInput, LoadOutput } from '../write/load.ts'
import type { SaveInput } from '../write/save.ts'
import type { WriteVerbs } from '../write/verbs.ts'
import { openLine } from './line.ts'

/** How often a step is computed again before we call it a bug: inside one process the line leaves no races to lose. */
const MOST_TRIES = 20

/**
 * load → compute → save over the thread. A purchase, an app user id and a customer belong to one step at a time; the
 * versions checked at save hold even where a step changes what its keys did not name.
 */
export function stepStorage(writer: Thread<WriteVerbs>): StepStorage {
  const line = openLine()
  return {
    async step<R>(keys: StepKeys, compute: (loaded: Loaded) => { readonly save: StepRows; readonly result: R }) {
      const named = await line.hold([
        ...keys.purchases.map((key) => `p\n${purchaseId(key)}`),
        ...keys.appUserIds.map(({ projectId, appUserId }) => `a\n${projectId}\n${appUserId}`),
      ])
      try {
        const input: LoadInput = {
          purchases: keys.purchases.map(keyValues),
          appUserIds: keys.appUserIds.map(({ projectId, appUserId }) => [projectId, appUserId]),
        }
        for (let tries = 1; ; tries += 1) {
          const found = await writer.call('loadStep', input, 0)
          // Customers come after the keys that lead to them: the one order in which everything is held.
          const owners = await line.hold(found.customers.map((row) => `c\n${row[0]}\n${row[1]}`))
          try {
            const loaded = loadedOf(owners.waited ? await writer.call('loadStep', input, 0) : found)
            const { save, result } = compute(loaded)
            const rows = saveInput(save)
            if (rows !== null) await writer.call('saveStep', rows, weightOf(save))
            return result
          } catch (error) {
            if (!(error instanceof StepConflict)) throw error
            if (tries === MOST_TRIES) {
              throw new StepConflict(
                `A step lost the race ${MOST_TRIES} times, or saves what it did not load: ${error.message}`,
              )
            }
          } finally {
            owners.release()
          }
        }
      } finally {
        named.release()
      }
    },
  }
}

function loadedOf(found: LoadOutput): Loaded {
  const purchases = found.purchases.map((row) => purchaseFrom(row))
  const customers = found.customers.map((row) => customerFrom(row))
  return {
    purchases: new Map(purchases.map((row) => [purchaseId(row.key), row])),
    customers: new Map(customers.map((row) => [`${row.projectId}\n${row.id}`, row])),
    customerOf: new Map(found.owners.map(([projectId, appUserId, id]) => [`${projectId}\n${appUserId}`, id])),
  }
}

/** null when the step changes nothing: then there is nothing to commit. */
function saveInput(save: StepRows): SaveInput | null {
  if (Object.values(save).every((rows) => rows === undefined || rows.length === 0)) return null
  return {
    notifications: save.notifications ?? [],
    purchases: (save.purchases ?? []).map(purchaseValues),
    customers: (save.customers ?? []).map((row) => [...customerValues(row), ...customerIndexValues(row)]),
    attributeSets: (save.attributeSets ?? []).map(attributeSetValues),
    links: (save.links ?? []).map(({ name, key }) => [
      key.projectId,
      key.store,
      key.environment,
      name,
      key.chain,
      key.line,
    ]),
    ledger: (save.ledger ?? []).map(enteredValues),
    events: (save.events ?? []).map(newEventValues),
    deliveries: (save.deliveries ?? []).map(newDeliveryValues),
    queues: save.queues ?? [],
    history: (save.history ?? []).map(historyValues),
  }
}

/** About how many rows it writes. */
function weightOf(save: StepRows): number {
  return Object.values(save).reduce((sum: number, rows: readonly unknown[] | undefined) => sum + (rows?.length ?? 0), 0)
}
