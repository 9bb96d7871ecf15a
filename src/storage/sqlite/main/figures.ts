import type { ReadStorage } from '../../reads.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'

export function figureReads(
  _reader: Thread<ReadVerbs>,
): Pick<ReadStorage, 'waitingByChannel' | 'listFigures' | 'countStandings'> {
  return {
    waitingByChannel: async () => new Map(),
    listFigures: async () => [],
    countStandings: async () => ({ subscription: 0, trial: 0, grace: 0 }),
  }
}
