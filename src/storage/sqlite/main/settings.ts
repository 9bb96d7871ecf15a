import type { Values } from '../../columns.ts'
import type { CursorRow, SecretKeyRow, SettingsRow } from '../../rows.ts'
import type { CursorStorage, SettingsStorage } from '../../storage.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function settingsStorage(
  writer: Thread<WriteVerbs>,
  reader: Thread<ReadVerbs>,
): SettingsStorage & CursorStorage {
  return {
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

function settingsFrom(values: Values): SettingsRow {
  const [kind, projectId, id, body, managed, createdAt, updatedAt] = values as readonly [
    SettingsRow['kind'],
    string,
    string,
    string,
    SettingsRow['managed'],
    number,
    number,
  ]
  return { kind, projectId, id, body, managed, createdAt, updatedAt }
}

function keyFrom(values: Values): SecretKeyRow {
  const [projectId, name, hash, last4, managed, createdAt] = values as readonly [
    string,
    string,
    string,
    string,
    SecretKeyRow['managed'],
    number,
  ]
  return { projectId, name, hash, last4, managed, createdAt }
}

export function cursorFrom(values: Values): CursorRow {
  const [projectId, appId, name, value, updatedAt] = values as readonly [string, string, string, string, number]
  return { projectId, appId, name, value, updatedAt }
}
