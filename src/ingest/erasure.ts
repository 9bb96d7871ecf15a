import { randomBytes } from 'node:crypto'
import { pseudonym } from '../domain/erased.ts'
import { erasedHash, erasedHashes } from '../secrets/erased-hash.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { ErasedId, ErasureStorage } from '../storage/erasure.ts'
import type { ReadStorage } from '../storage/reads.ts'

export interface ErasureDeps {
  readonly storage: ErasureStorage & Pick<ReadStorage, 'searchCustomers'>
  readonly ring: KeyRing
  readonly now: () => number
  /** Told of every person who is erased, so that a list outside the database can say it after a restore. */
  readonly erased?: (rows: readonly ErasedId[]) => Promise<void> | void
}

/** Events of one part: some 30 ms, so that writers behind it do not wait. */
const PART = 500
/** A list that is applied walks through all customers of a project in pages. */
const PAGE = 200

export type Erased = 'erased' | 'in_flight' | 'absent'

/**
 * Erases a person by any app user id. When it resolves with `erased` nothing of the person is left; `in_flight`: all but
 * what some requests under way still need, which `continueErasures` takes when they have ended.
 */
export async function erase(projectId: string, appUserId: string, deps: ErasureDeps): Promise<Erased> {
  const at = deps.now()
  return eraseOne({ projectId, appUserId, at, seenBefore: null }, deps)
}

async function eraseOne(
  wish: {
    readonly projectId: string
    readonly appUserId: string
    readonly at: number
    readonly seenBefore: number | null
  },
  deps: ErasureDeps,
): Promise<Erased> {
  const { projectId, appUserId, at, seenBefore } = wish
  const as = pseudonym(projectId, randomBytes(16).toString('hex'))
  let hashes: readonly string[] = []
  const row = await deps.storage.beginErasure({ projectId, appUserId, as, now: at, seenBefore }, (ids) => {
    hashes = ids.map((id) => erasedHash(deps.ring, projectId, id))
    return hashes
  })
  if (row === null) return 'absent'
  await deps.erased?.(hashes.map((hash) => ({ projectId, hash, erasedAs: as.appUserId, erasedAt: at })))
  return finish(projectId, row.id, deps)
}

async function finish(
  projectId: string,
  customerId: string,
  { storage, now }: Pick<ErasureDeps, 'storage' | 'now'>,
): Promise<'erased' | 'in_flight'> {
  for (;;) {
    const left = await storage.eraseNext({ projectId, customerId, now: now(), limit: PART })
    if (left === 'in_flight') return 'in_flight'
    if (left === 'done') return 'erased'
  }
}

/** Goes on with what a crash or a request under way left; gives how many erasures wait on. */
export async function continueErasures(deps: Pick<ErasureDeps, 'storage' | 'now'>): Promise<number> {
  let waiting = 0
  for (const { projectId, customerId } of await deps.storage.unfinishedErasures()) {
    if ((await finish(projectId, customerId, deps)) === 'in_flight') waiting += 1
  }
  return waiting
}

/**
 * Applies a list of erasures to a database that may be older than it: people who were there before they were erased are
 * erased again; whoever came back since is a new customer and stays. Gives how many were erased.
 */
export async function applyErased(list: readonly ErasedId[], deps: ErasureDeps): Promise<number> {
  let count = 0
  for (const [projectId, rows] of Map.groupBy(list, (row) => row.projectId)) {
    const erasedAt = new Map<string, number>()
    for (const { hash, erasedAt: at } of rows) erasedAt.set(hash, Math.max(at, erasedAt.get(hash) ?? 0))
    for (const appUserId of await idsOf(projectId, erasedAt, deps)) {
      const at = timeOf(projectId, appUserId, erasedAt, deps.ring)
      const done = at === null ? 'absent' : await eraseOne({ projectId, appUserId, at, seenBefore: at }, deps)
      if (done !== 'absent') count += 1
    }
  }
  await deps.storage.rememberErased(list)
  return count
}

/** Looked up first: whoever is erased while a list is read would change its order. */
async function idsOf(
  projectId: string,
  erasedAt: ReadonlyMap<string, number>,
  { storage, ring }: ErasureDeps,
): Promise<readonly string[]> {
  const found: string[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<typeof storage.searchCustomers>> = await storage.searchCustomers({
      projectId,
      query: '',
      after,
      limit: PAGE,
    })
    for (const { aliases, firstSeenAt } of page.items) {
      const gone = aliases.find((id) => (timeOf(projectId, id, erasedAt, ring) ?? 0) > firstSeenAt)
      if (gone !== undefined) found.push(gone)
    }
    after = page.next
  } while (after !== null)
  return found
}

function timeOf(
  projectId: string,
  appUserId: string,
  erasedAt: ReadonlyMap<string, number>,
  ring: KeyRing,
): number | null {
  const times = erasedHashes(ring, projectId, appUserId).flatMap((hash) => erasedAt.get(hash) ?? [])
  return times.length === 0 ? null : Math.max(...times)
}
