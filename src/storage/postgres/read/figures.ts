import type { ReadStorage } from '../../reads.ts'
import type { Database } from '../database.ts'

export function figureReads(_db: Database): Pick<ReadStorage, 'waitingByChannel' | 'listFigures' | 'countStandings'> {
  return {
    waitingByChannel: async () => new Map(),
    listFigures: async () => [],
    countStandings: async () => ({ subscription: 0, trial: 0, grace: 0 }),
  }
}
