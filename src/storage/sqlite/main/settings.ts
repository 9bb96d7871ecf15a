import type { CursorStorage } from '../../cursors.ts'
import type { RateStorage } from '../../rates.ts'
import { cursorFrom, exchangeRatesFrom, keyFrom, settingsFrom } from '../../setting-columns.ts'
import type { SettingsStorage } from '../../storage.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function settingsStorage(
  writer: Thread<WriteVerbs>,
  reader: Thread<ReadVerbs>,
): SettingsStorage & CursorStorage & RateStorage {
  return {
    loadExchangeRates: async (limit) => (await reader.call('loadExchangeRates', limit)).map(exchangeRatesFrom),
    saveExchangeRates: (row, keepFrom) => writer.call('saveExchangeRates', { row, keepFrom }),
    async loadSettings() {
      const { rows, keys } = await reader.call('loadSettings', null)
      return { rows: rows.map(settingsFrom), keys: keys.map(keyFrom) }
    },
    saveSettings: (change) => writer.call('saveSettings', change, change.put.length + change.putKeys.length + 1),
    getMeta: (name) => reader.call('getMeta', name),
    setMeta: (name, value) => writer.call('setMeta', { name, value }),
    async loadCursor(projectId, appId, name) {
      const row = await reader.call('loadCursor', { projectId, appId, name })
      return row === null ? null : cursorFrom(row)
    },
    saveCursor: (row) => writer.call('saveCursor', row),
  }
}
