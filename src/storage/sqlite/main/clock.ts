import { purchaseFrom } from '../../columns.ts'
import type { ClockStorage } from '../../storage.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function clockStorage(writer: Thread<WriteVerbs>): ClockStorage {
  return {
    claimDueChecks: async (input) => {
      const rows = await writer.call('claimDueChecks', input, input.limit)
      return rows.map((row) => purchaseFrom(row))
    },
    nextCheckDue: () => writer.call('nextCheckDue', undefined, 0),
    hastenChecks: (input) => writer.call('hastenChecks', input, input.limit),
    findLinks: async (input) => {
      const found = await writer.call('findLinks', input, 0)
      return new Map(found.map(([name, row]) => [name, purchaseFrom(row)]))
    },
  }
}
