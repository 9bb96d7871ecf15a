import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { CHECKPOINT, type CheckpointStart } from './checkpoint-state.ts'
import { databaseFile } from './database.ts'

/** The thread that writes the WAL back while the writer goes on; it sleeps on the shared word between rounds. */
const { folder, state } = workerData as CheckpointStart

const db = new DatabaseSync(databaseFile(folder))
db.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -64')
const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')

for (;;) {
  const asked = Atomics.load(state, 0)
  if (asked === CHECKPOINT.end) break
  if (asked === CHECKPOINT.wanted) {
    try {
      const { log, checkpointed } = passive.get() as { readonly log: number; readonly checkpointed: number }
      Atomics.store(state, 1, Math.max(0, log - checkpointed))
    } catch {
      // A full disk or a passing fault: the WAL keeps what it holds, and the next round tries again.
      Atomics.store(state, 1, 0)
    }
    Atomics.compareExchange(state, 0, CHECKPOINT.wanted, CHECKPOINT.idle)
    Atomics.notify(state, 0)
  } else Atomics.wait(state, 0, asked)
}
db.close()
Atomics.store(state, 0, CHECKPOINT.ended)
Atomics.notify(state, 0)
