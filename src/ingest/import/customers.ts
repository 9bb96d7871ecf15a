import { refuseAppUserId } from '../../customers/app-user-id.ts'
import { type AttributeMade, type AttributeState, applyAttributes } from '../../customers/attributes.ts'
import { newCustomer } from '../../customers/customer.ts'
import type { CustomerRow, HistoryRow } from '../../storage/rows.ts'
import { historyRow } from '../identity/customers.ts'
import { attributesOf } from './attributes.ts'
import type { ExportRow, Place } from './row.ts'

/** Why rows were left out, or taken without a part: one sentence, by which reports group. */
export interface Remark {
  readonly reason: string
  readonly places: readonly Place[]
  /** The rows were left out. */
  readonly skips: boolean
}

/** All rows of one customer, whose ids are one person's. */
export interface ExportedCustomer {
  readonly ids: readonly string[]
  readonly rows: readonly ExportRow[]
  readonly newest: ExportRow
}

/** Rows of one `rc_original_app_user_id` → the customer, or why they name none. */
export function exportedCustomer(rows: readonly ExportRow[]): ExportedCustomer | Remark {
  const newest = rows.reduce((last, row) => (row.updatedAt >= last.updatedAt ? row : last))
  const refusal = refuseAppUserId(newest.originalAppUserId)
  if (refusal !== null) return { reason: refusal.message, places: rows.map(({ place }) => place), skips: true }
  const seen = rows.flatMap(({ lastSeenAppUserId }) => (lastSeenAppUserId === null ? [] : [lastSeenAppUserId]))
  const aliases = seen.filter((id) => refuseAppUserId(id) === null)
  return { ids: [...new Set([newest.originalAppUserId, ...aliases])], rows, newest }
}

export interface TakenOver {
  readonly customer: CustomerRow
  readonly changed: boolean
  /** What became of one that the hub knew; a new one begins as it is. */
  readonly history: readonly HistoryRow[]
  readonly remarks: readonly Remark[]
}

/**
 * What the export makes of a customer: ids are added, attributes by their own times. What the hub saw itself stays: who
 * was seen last, and since when. Pure.
 */
export function takenOver(
  known: CustomerRow | null,
  { ids, rows, newest }: ExportedCustomer,
  projectId: string,
  now: number,
): TakenOver {
  const began = Math.min(...rows.map((row) => row.firstSeenAt ?? row.startsAt), now)
  const last = newest.lastSeenAppUserId
  const base = known ?? {
    ...newCustomer(projectId, newest.originalAppUserId, began),
    lastSeenAppUserId: last !== null && ids.includes(last) ? last : newest.originalAppUserId,
    lastSeenAt: Math.min(Math.max(...rows.map((row) => row.startsAt)), now),
  }
  const added = ids.filter((id) => !base.aliases.includes(id))
  const { state, made, remarks } = attributesAfter(base, newest, now)
  const firstSeenAt = Math.min(base.firstSeenAt, began)
  const changed =
    known === null || known.onlyNamed || added.length > 0 || made.length > 0 || firstSeenAt !== base.firstSeenAt
  const customer = { ...base, ...state, aliases: [...base.aliases, ...added], firstSeenAt, onlyNamed: false }
  const history =
    known === null
      ? []
      : [
          ...made.map((one) => historyRow(known, now, 'attribute', one)),
          ...(added.length === 0 ? [] : [historyRow(known, now, 'alias', { ids: added })]),
        ]
  return { customer, changed, history, remarks }
}

/** The newest row has them as they are; each keeps its own time, and what has none counts as old as its row. */
function attributesAfter(
  current: AttributeState,
  row: ExportRow,
  now: number,
): { readonly state: AttributeState; readonly made: readonly AttributeMade[]; readonly remarks: readonly Remark[] } {
  const told = attributesOf(row)
  const { attributes, deletedAttributes } = current
  if (told === null) {
    return {
      state: { attributes, deletedAttributes },
      made: [],
      remarks: [{ reason: 'The attributes of its customer are no JSON.', places: [row.place], skips: false }],
    }
  }
  const changes = told.map((change) => ({ ...change, updatedAt: change.updatedAt ?? row.updatedAt }))
  const { errors, made, ...state } = applyAttributes(current, changes, now)
  const remarks = errors.map(({ message }) => ({
    reason: `An attribute of its customer was refused: ${message}`,
    places: [row.place],
    skips: false,
  }))
  return { state, made, remarks }
}
