import { applyErased, continueErasures, type ErasureDeps, erase } from '../ingest/erasure.ts'
import type { ErasedId } from '../storage/erasure.ts'
import { appendErased, readErased } from './erased-file.ts'
import type { Parts } from './parts.ts'

/** Erasures in a running hub. */
export interface Erasures {
  erase(projectId: string, appUserId: string): ReturnType<typeof erase>
  /** Applies what the list beside the database knows and the database does not: before anything is sent. */
  catchUp(): Promise<void>
  /** Goes on with what did not end. */
  goOn(): Promise<void>
}

const PAGE = 1_000

export function createErasures({ config, storage, ring, now, log }: Parts): Erasures {
  // A database of many processes lies where backups are its own tools' matter: `tributary erase` reads and writes the list.
  const folder = storage.driver === 'embedded' ? config.dataDir : null
  const deps: ErasureDeps = {
    storage,
    ring,
    now,
    ...(folder === null ? {} : { erased: (rows: readonly ErasedId[]) => appendErased(folder, rows) }),
  }
  return {
    erase: (projectId, appUserId) => erase(projectId, appUserId, deps),
    async catchUp() {
      if (folder === null) return
      const kept = await allErased(storage)
      const listed = readErased(folder)
      const missing = beyond(kept, listed)
      if (missing.length > 0) appendErased(folder, missing)
      const keys = new Set(ring.all.map(({ id }) => id))
      const fresh = beyond(listed, kept).filter(({ hash }) => keys.has(keyOf(hash)))
      const foreign = listed.filter(({ hash }) => !keys.has(keyOf(hash)))
      if (foreign.length > 0) {
        log.error(
          { lines: foreign.length },
          'Lines of the list of erased people were written under a key that is not given and cannot be applied; add that key to TRIBUTARY_SECRET_KEY, behind the present one',
        )
      }
      if (fresh.length === 0) return
      const count = await applyErased(fresh, deps)
      log.warn(
        { listed: fresh.length, erased: count },
        'The list of erased people is newer than the database; it was applied',
      )
    },
    goOn: async () => void (await continueErasures(deps)),
  }
}

/** The whole list of a database. */
export async function allErased(storage: Parts['storage']): Promise<readonly ErasedId[]> {
  const all: ErasedId[] = []
  for (;;) {
    const page = await storage.listErased(all.at(-1) ?? null, PAGE)
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

function keyOf(hash: string): string {
  return hash.split('.')[0] ?? ''
}

/** What of `list` the other one does not know, or knows only of earlier. */
function beyond(list: readonly ErasedId[], other: readonly ErasedId[]): readonly ErasedId[] {
  const known = new Map(other.map((row) => [`${row.projectId}\n${row.hash}`, row.erasedAt]))
  return list.filter((row) => (known.get(`${row.projectId}\n${row.hash}`) ?? -1) < row.erasedAt)
}
