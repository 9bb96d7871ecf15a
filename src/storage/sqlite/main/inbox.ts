import { inflateSync } from 'node:zlib'
import { newNotificationValues, notificationFrom, type Values } from '../../columns.ts'
import type { NotificationRow } from '../../rows.ts'
import type { InboxStorage } from '../../storage.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

/** The column behind a notification's own: whether its body is packed. */
const PACKED = 15

/** The body as it came; empty when retention took it. */
export function withBody(row: Values, body: Uint8Array | null): NotificationRow {
  const bytes = Buffer.from(body?.buffer ?? new ArrayBuffer(0), body?.byteOffset ?? 0, body?.byteLength ?? 0)
  return { ...notificationFrom(row), body: row[PACKED] === 1 ? inflateSync(bytes) : bytes }
}

export function inboxStorage(writer: Thread<WriteVerbs>): InboxStorage {
  return {
    async keepNotifications(rows, cursor) {
      const ends: number[] = []
      let length = 0
      for (const { body } of rows) {
        length += body.byteLength
        ends.push(length)
      }
      // One buffer that is handed over: a Buffer of Node's pool would be cloned with all of the pool.
      const bodies = new ArrayBuffer(length)
      const target = new Uint8Array(bodies)
      rows.forEach(({ body }, index) => {
        target.set(body, ends[index - 1] ?? 0)
      })
      const values = rows.map(newNotificationValues)
      const input = { rows: values, bodies, ends, cursor: cursor ?? null }
      const duplicates = await writer.call('keepNotifications', input, rows.length * 2 + 1, bodies)
      return rows.map(({ id }, index) => ({ id, duplicate: duplicates[index] ?? false }))
    },
    async claimNotifications(input) {
      const { rows, bodies, ends } = await writer.call('claimNotifications', input, 0)
      return rows.map((row, index) => {
        const from = ends[index - 1] ?? 0
        return withBody(row, new Uint8Array(bodies, from, (ends[index] ?? from) - from))
      })
    },
    changeNotifications: (changes) => writer.call('changeNotifications', changes, changes.length),
    nextNotificationDue: () => writer.call('nextNotificationDue', null, 0),
    countRefused: (rows) => writer.call('countRefused', rows, rows.length),
  }
}
