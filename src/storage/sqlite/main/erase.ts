import { customerFrom, customerIndexValues, customerValues } from '../../columns.ts'
import { type ErasedId, type ErasureStorage, erasedRow } from '../../erasure.ts'
import { StepConflict } from '../../errors.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

/** A step may be faster: then the customer is loaded again. */
const MOST_TRIES = 20

export function erasureStorage(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>): ErasureStorage {
  return {
    async beginErasure({ projectId, appUserId, as, now, seenBefore }, hashes) {
      for (let tries = 1; ; tries += 1) {
        const found = await writer.call('loadErasure', { projectId, appUserId }, 0)
        const from = found === null ? null : customerFrom(found)
        if (from === null || (seenBefore !== null && from.firstSeenAt >= seenBefore)) return null
        const row = erasedRow(from, as)
        try {
          await writer.call(
            'beginErasure',
            {
              projectId,
              from: from.id,
              fromVersion: from.version,
              aliases: from.aliases,
              as,
              row: [...customerValues(row), ...customerIndexValues(row)],
              hashes: hashes(from.aliases),
              now,
            },
            1_000,
          )
          return row
        } catch (error) {
          if (!(error instanceof StepConflict) || tries === MOST_TRIES) throw error
        }
      }
    },
    eraseNext: (input) => writer.call('eraseNext', input, 1_000),
    unfinishedErasures: async () =>
      (await reader.call('unfinishedErasures', null)).map(([projectId, customerId]) => ({
        projectId: String(projectId),
        customerId: String(customerId),
      })),
    listErased: async (after, limit) =>
      (await reader.call('listErased', { after, limit })).map(
        ([projectId, hash, erasedAs, erasedAt]): ErasedId => ({
          projectId: String(projectId),
          hash: String(hash),
          erasedAs: String(erasedAs),
          erasedAt: Number(erasedAt),
        }),
      ),
    rememberErased: (rows) => writer.call('rememberErased', rows, rows.length),
  }
}
