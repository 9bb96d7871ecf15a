import { STANDINGS } from '../../../domain/standing.ts'
import { figureFrom, standingsFrom, waitingFrom } from '../../figure-columns.ts'
import type { ReadStorage } from '../../reads.ts'
import { texts } from '../arrays.ts'
import type { Database } from '../database.ts'

/** figure, beginning of the bucket, sum. */
const FIGURES = `SELECT f.figure, (f.hour - (f.hour - $3) % $5)::bigint AS at, sum(f.value)::bigint FROM figures f
WHERE f.project_id = $1 AND f.environment = $2 AND f.hour >= $3 AND f.hour < $4
  AND split_part(f.figure, ':', 1) = ANY($6::text[])
GROUP BY 1, 2 ORDER BY 2, 1`

/** In the order of `STANDINGS`; an index alone is read where housekeeping of PostgreSQL keeps up. */
const STANDING = `SELECT (SELECT count(*) FROM purchases p WHERE p.project_id = $1 AND p.environment = $2 AND p.standing = s.standing
  AND p.standing_until > $3) FROM unnest($4::text[]) WITH ORDINALITY AS s (standing, ordinal) ORDER BY s.ordinal`

const WAITING = `SELECT channel_id, sum(count)::bigint FROM delivery_counts WHERE project_id = $1 AND status = 'waiting' GROUP BY channel_id`

export function figureReads(db: Database): Pick<ReadStorage, 'waitingByChannel' | 'listFigures' | 'countStandings'> {
  return {
    waitingByChannel: async (projectId) => waitingFrom(await db.read(WAITING, [projectId])),
    async listFigures({ projectId, environment, from, to, bucketMs, kinds }) {
      return (await db.read(FIGURES, [projectId, environment, from, to, bucketMs, texts(kinds)])).map(figureFrom)
    },
    async countStandings(projectId, environment, now) {
      const rows = await db.read(STANDING, [projectId, environment, now, texts(STANDINGS)])
      return standingsFrom(rows.map(([count]) => Number(count)))
    },
  }
}
