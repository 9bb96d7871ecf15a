import type { Environment } from '../../../domain/purchase.ts'
import { STANDINGS } from '../../../domain/standing.ts'
import type { Values } from '../../columns.ts'
import type { FigureQuery } from '../../reads.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

/** figure, beginning of the bucket, sum. A month of a busy project is some 20,000 rows, which takes 15 ms. */
export function listFigures(db: Connection) {
  const sum = query(
    db,
    `SELECT f.figure, f.hour - (f.hour - ?3) % ?5 AS at, sum(f.value) FROM figures f
     WHERE f.project_id = ?1 AND f.environment = ?2 AND f.hour >= ?3 AND f.hour < ?4
       AND substr(f.figure, 1, instr(f.figure, ':') - 1) IN (SELECT value FROM json_each(?6))
     GROUP BY 1, 2 ORDER BY 2, 1`,
  )
  return ({ projectId, environment, from, to, bucketMs, kinds }: FigureQuery): readonly Values[] =>
    sum.all(projectId, environment, from, to, bucketMs, JSON.stringify(kinds))
}

/** How many stand as each of `STANDINGS`. An index alone is read: 200,000 take some 10 ms. */
export function countStandings(db: Connection) {
  const count = query(
    db,
    `SELECT count(*) FROM purchases p INDEXED BY purchases_standing
     WHERE p.project_id = ? AND p.environment = ? AND p.standing = ? AND p.standing_until > ?`,
  )
  return (asked: {
    readonly projectId: string
    readonly environment: Environment
    readonly now: number
  }): readonly number[] =>
    STANDINGS.map((standing) => Number(count.first(asked.projectId, asked.environment, standing, asked.now)?.[0] ?? 0))
}

export function waitingByChannel(db: Connection) {
  const find = query(
    db,
    `SELECT channel_id, sum(count) FROM delivery_counts WHERE project_id = ? AND status = 'waiting' GROUP BY channel_id`,
  )
  return (projectId: string): readonly Values[] => find.all(projectId)
}

/** Purchases that an older version saved: n, version, body, last check. */
export function unreckonedPurchases(db: Connection) {
  const find = query(
    db,
    'SELECT n, version, body FROM purchases INDEXED BY purchases_unreckoned WHERE standing IS NULL ORDER BY n LIMIT ? + 0',
  )
  return (limit: number): readonly Values[] => find.all(limit)
}
