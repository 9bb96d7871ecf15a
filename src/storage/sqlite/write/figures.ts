import type { Connection } from '../database.ts'
import { change } from '../query.ts'
import type { Memory } from './memory.ts'

/**
 * Writes what a transaction adds to figures, a row each. All rows of an hour lie side by side, so it is a page or two,
 * whatever the number of steps that were committed together.
 */
export function writeFigures(db: Connection, memory: Memory): () => void {
  const add = change(
    db,
    `INSERT INTO figures (project_id, environment, hour, figure, value) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (project_id, environment, hour, figure) DO UPDATE SET value = value + excluded.value`,
  )
  return () => {
    for (const [key, by] of memory.figures) {
      if (by === 0) continue
      const [projectId = '', environment = '', hour, figure = ''] = key.split('\n')
      add(projectId, environment, Number(hour), figure, by)
    }
  }
}
