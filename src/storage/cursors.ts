import type { CursorRow } from './rows.ts'

/** How far what is pulled was read. */
export interface CursorStorage {
  loadCursor(projectId: string, appId: string, name: string): Promise<CursorRow | null>
  saveCursor(row: CursorRow): Promise<void>
}
