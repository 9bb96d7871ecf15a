import type { DatabaseSync } from 'node:sqlite'

/** Pages of WAL after which it is written back (16 MB), and after which readers are waited for as well (128 MB). */
const PASSIVE_PAGES = 4_000
const TRUNCATE_PAGES = 32_000

/** About how many pages a row costs in the WAL: itself, and its entries in the indexes. Measured, decision 0012. */
const PAGES_PER_ROW = 3

/**
 * Checkpoints between groups, never inside a commit (an inline one stalls it for 15 to 35 ms). How full the WAL is cannot
 * be asked without doing one, so it is reckoned from the rows written and corrected by each checkpoint's answer.
 */
export function checkpoints(db: DatabaseSync): { wrote(rows: number): void; idle(): void; whole(): void } {
  const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  const truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  let pages = 0
  const run = (): void => {
    try {
      const { log, checkpointed } = passive.get() as { readonly log: number; readonly checkpointed: number }
      // All written back: the next commit begins the file anew.
      pages = checkpointed >= log ? 0 : log - checkpointed
      if (log > TRUNCATE_PAGES) {
        truncate.get()
        pages = 0
      }
    } catch {
      // A checkpoint that fails (a full disk) loses nothing: the WAL keeps what it holds, and the next one tries again.
      pages = 0
    }
  }
  return {
    wrote(rows) {
      pages += rows * PAGES_PER_ROW
      if (pages >= PASSIVE_PAGES) run()
    },
    /** Nobody waits: a good moment, once there is something worth it. */
    idle() {
      if (pages >= PASSIVE_PAGES / 8) run()
    },
    whole() {
      try {
        truncate.get()
      } catch {
        // Left to the next start, which reads the WAL as it is.
      }
    },
  }
}
