import type { Values } from '../../columns.ts'
import type { ErasedId } from '../../erasure.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

/** Few at any time: each ends within a minute or so. */
export function unfinishedErasures(db: Connection): (asked: null) => readonly Values[] {
  const find = query(db, 'SELECT project_id, customer_id FROM erasures ORDER BY project_id, customer_id LIMIT 1000')
  return () => find.all()
}

export function listErased(db: Connection) {
  const find = query(
    db,
    `SELECT x.project_id, x.hash, x.erased_as, x.erased_at FROM erased_ids x WHERE (x.project_id, x.hash) > (?1, ?2)
     ORDER BY x.project_id, x.hash LIMIT ?3 + 0`,
  )
  return (asked: {
    readonly after: Pick<ErasedId, 'projectId' | 'hash'> | null
    readonly limit: number
  }): readonly Values[] => find.all(asked.after?.projectId ?? '', asked.after?.hash ?? '', asked.limit)
}
