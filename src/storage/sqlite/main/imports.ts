import { customerPage, importFrom, importValues, partsOfPlace, purchasePage } from '../../import-columns.ts'
import type { ImportStorage } from '../../imports.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function importStorage(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>): ImportStorage {
  return {
    async loadImport(projectId, id) {
      const row = await reader.call('loadImport', { projectId, id })
      return row === null ? null : importFrom(row)
    },
    saveImport: (row) => writer.call('saveImport', importValues(row), 1),
    async pageCustomers({ projectId, after, limit }) {
      const rows = await reader.call('pageCustomers', { projectId, after: partsOfPlace(after, 1), limit })
      return customerPage(rows, limit)
    },
    async pagePurchases({ projectId, after, limit }) {
      const rows = await reader.call('pagePurchases', { projectId, after: partsOfPlace(after, 4), limit })
      return purchasePage(rows, limit)
    },
  }
}
