import { HISTORY_COLUMNS, historyValues } from '../../event-columns.ts'
import type { HistoryRow } from '../../rows.ts'
import { given } from '../arrays.ts'
import type { Connection } from '../connection.ts'

const ROWS = given('project_id text, customer_id text, at bigint, kind text, body text')
const INSERT = `INSERT INTO customer_history (${HISTORY_COLUMNS}) SELECT ${HISTORY_COLUMNS} FROM ${ROWS.sql} ORDER BY ordinal`

export async function saveHistory(session: Connection, rows: readonly HistoryRow[]): Promise<void> {
  if (rows.length > 0) await session.change(INSERT, ROWS.params(rows.map(historyValues)))
}
