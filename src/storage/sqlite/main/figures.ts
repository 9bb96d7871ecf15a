import { figureFrom, standingsFrom, waitingFrom } from '../../figure-columns.ts'
import type { ReadStorage } from '../../reads.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'

export function figureReads(
  reader: Thread<ReadVerbs>,
): Pick<ReadStorage, 'waitingByChannel' | 'listFigures' | 'countStandings'> {
  return {
    waitingByChannel: async (projectId) => waitingFrom(await reader.call('waitingByChannel', projectId)),
    listFigures: async (asked) => (await reader.call('listFigures', asked)).map(figureFrom),
    countStandings: async (projectId, environment, now) =>
      standingsFrom(await reader.call('countStandings', { projectId, environment, now })),
  }
}
