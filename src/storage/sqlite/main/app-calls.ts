import type { AppCallStorage } from '../../app-calls.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function appCallStorage(writer: Thread<WriteVerbs>): AppCallStorage {
  return { countAppCalls: (rows) => writer.call('countAppCalls', rows, rows.length) }
}
