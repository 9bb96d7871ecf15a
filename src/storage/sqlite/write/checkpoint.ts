import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { CHECKPOINT, type CheckpointStart } from '../checkpoint-state.ts'
import { BUSY_TIMEOUT_MS } from '../database.ts'

/** Pages of WAL (4 KB each) at which writing back begins. */
const BEGIN_PAGES = 2_000

/** So few pages are written back between two groups, in some 5 ms; it takes another round where more came in meanwhile. */
const FINISH_PAGES = 400
const MOST_ROUNDS = 4

/** At 128 MB a checkpoint waits for short reads too, and cuts the file. */
const TRUNCATE_PAGES = 32_000
const WAIT_FOR_READERS_MS = 20

/** About how many pages a row costs in the WAL, its entries in the indexes included (measured: 1.3). */
const PAGES_PER_ROW = 1.3

export interface Checkpoints {
  /** After each group, with the rows it wrote. */
  wrote(rows: number): void
  /** Ends the thread and writes everything back. */
  close(): void
}

/**
 * Writes the WAL back without holding up the groups. The bulk is done by a thread with a connection of its own, which
 * SQLite lets run beside a writer; but a WAL begins anew only when all of it is written back, and beside a busy writer
 * it never is, so the last few pages are done here, between two groups. The thread starts when it is first needed.
 * How full the WAL is cannot be asked without a checkpoint, so it is reckoned from the rows written.
 *
 * A long read (a backup, somebody's shell) keeps what came after its beginning in the WAL. It is not waited for, and what
 * it leaves behind is the thread's work too: the WAL grows as long as it reads, and is cut when all is written back.
 * Waiting held commits up for 13 s beside a read of 20 s, writing the rest back here for 1.2 s (decision 0050).
 */
export function checkpoints(db: DatabaseSync, folder: string): Checkpoints {
  const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  const truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  const bulk = bulkThread(folder)
  let pages = 0
  /** Bulk rounds since the WAL last began anew; 0: none is due. */
  let rounds = 0
  let beginAt = BEGIN_PAGES
  let cutAt = TRUNCATE_PAGES
  /** Somebody's read made the file grow. It keeps its size until it is cut, whatever is in it. */
  let wide = false

  /** true when all of the WAL is written back. */
  const attempt = (checkpoint: typeof passive): boolean => {
    rounds = 0
    pages = 0
    try {
      const { busy, log, checkpointed } = checkpoint.get() as Record<'busy' | 'log' | 'checkpointed', number>
      pages = Math.max(0, log - checkpointed)
      return busy === 0 && pages === 0
    } catch {
      // A checkpoint that fails (a full disk) loses nothing: the WAL keeps what it holds, and the next one tries again.
      return false
    }
  }

  const cut = (): void => {
    db.exec(`PRAGMA busy_timeout = ${WAIT_FOR_READERS_MS}`)
    const done = attempt(truncate)
    if (done) wide = false
    cutAt = done ? TRUNCATE_PAGES : pages + TRUNCATE_PAGES
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }

  /** After a round of the bulk thread. */
  const goOn = (left: number): void => {
    pages += left
    if (left > FINISH_PAGES) {
      rounds = 0
      wide = true
      beginAt = pages + BEGIN_PAGES
      cutAt = pages + TRUNCATE_PAGES
      return
    }
    beginAt = BEGIN_PAGES
    if (pages > FINISH_PAGES && rounds < MOST_ROUNDS) begin()
    else if (attempt(passive) && wide) cut()
  }

  const begin = (): void => {
    rounds += 1
    pages = 0
    bulk.begin()
  }

  return {
    wrote(rows) {
      pages += rows * PAGES_PER_ROW
      if (pages >= cutAt) cut()
      if (bulk.busy()) return
      if (rounds > 0) goOn(bulk.left())
      else if (pages >= beginAt) begin()
    },
    close() {
      bulk.close()
      attempt(truncate)
    },
  }
}

/** The thread of checkpointer.ts, and the words in shared memory by which the two agree. */
function bulkThread(folder: string) {
  const state = new Int32Array(new SharedArrayBuffer(8))
  let worker: Worker | null = null
  const say = (value: number): void => {
    Atomics.store(state, 0, value)
    Atomics.notify(state, 0)
  }
  return {
    busy: () => Atomics.load(state, 0) === CHECKPOINT.wanted,
    /** Pages that the last round could not write back, since somebody reads what came before them. */
    left: () => Atomics.load(state, 1),
    begin(): void {
      say(CHECKPOINT.wanted)
      if (worker !== null) return
      worker = new Worker(new URL('../checkpointer.ts', import.meta.url), {
        workerData: { folder, state } satisfies CheckpointStart,
        name: 'checkpoints',
      })
      // Without it the WAL grows to the bound above and is cut there.
      worker.on('error', () => undefined)
    },
    close(): void {
      if (worker === null) return
      while (Atomics.load(state, 0) === CHECKPOINT.wanted) {
        if (Atomics.wait(state, 0, CHECKPOINT.wanted, 5_000) === 'timed-out') return
      }
      say(CHECKPOINT.end)
      Atomics.wait(state, 0, CHECKPOINT.end, 5_000)
    },
  }
}
