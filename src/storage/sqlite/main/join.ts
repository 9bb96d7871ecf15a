import { customerFrom, customerValues } from '../../columns.ts'
import { StepConflict } from '../../errors.ts'
import { attributeSetValues, historyValues, newEventFrom, newEventValues } from '../../event-columns.ts'
import { type JoinStorage, joinedRow } from '../../join.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

/** A step may be faster: then both are loaded again. */
const MOST_TRIES = 20

export function joinStorage(writer: Thread<WriteVerbs>): JoinStorage {
  return {
    async joinCustomers(input, merge) {
      for (let tries = 1; ; tries += 1) {
        const found = await writer.call('loadJoin', input, 0)
        const into = found.into === null ? null : customerFrom(found.into)
        const from = found.from === null ? null : customerFrom(found.from)
        if (into === null || from === null || input.into === input.from) {
          return into !== null && found.moved === input.into ? { kind: 'already', customer: into } : { kind: 'absent' }
        }
        const merged = merge(into, from, found.provisional.map(newEventFrom))
        const customer = joinedRow(into, from, merged.customer)
        const row = customerValues({ ...customer, version: into.version })
        try {
          const beside = {
            events: (merged.events ?? []).map((event) => newEventValues({ event, notificationId: null })),
            attributeSets: (merged.attributeSets ?? []).map(attributeSetValues),
            history: (merged.history ?? []).map(historyValues),
            queues: (merged.queues ?? []).map((wake) => ({ ...wake, hasten: true })),
          }
          await writer.call('saveJoin', { ...input, fromVersion: from.version, row, ...beside }, 100)
          return { kind: 'joined', customer }
        } catch (error) {
          if (!(error instanceof StepConflict) || tries === MOST_TRIES) throw error
        }
      }
    },
  }
}
