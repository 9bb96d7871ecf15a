import { refuseAppUserId } from '../../customers/app-user-id.ts'
import type { AttributeChange } from '../../customers/attributes.ts'
import type { AttributeWishes, ImportsDoor } from '../../http/imports-door.ts'
import { openProgress } from '../progress.ts'
import { sourceOf } from './files.ts'
import type { PlainFlags } from './purchases.ts'
import { type ImportedRecord, readRecords, textIn } from './records.ts'
import { conclude, openRemarks } from './report.ts'
import { beginImport, count } from './run.ts'

/** A file of attributes: its columns are keys, or its objects hold them under `attributes`. */
export async function importAttributes(path: string, flags: PlainFlags, door: ImportsDoor): Promise<void> {
  const source = await sourceOf([path], 'attributes', () => undefined)
  const start = { projectId: flags.project, id: source.id, kind: 'attributes', source: source.names } as const
  const running = await beginImport(door, start, flags.again)
  if (running === null) return
  const remarks = openRemarks()
  const progress = openProgress('Setting attributes')
  let at = 0
  await readRecords(path, {
    required: ['app_user_id'],
    remarks,
    bytes: (read) => progress.part(read / Math.max(source.bytes, 1)),
    async records(batch) {
      const first = at
      at += batch.length
      const fresh = batch.slice(Math.max(running.done - first, 0))
      const wishes: { readonly set: AttributeWishes; readonly line: number }[] = []
      for (const { values, line } of fresh) {
        const set = wishesOf(values)
        if (typeof set === 'string') remarks.skip(set, [0, line])
        else wishes.push({ set, line })
      }
      if (wishes.length > 0) {
        const refused = await door.setAttributes(
          flags.project,
          wishes.map(({ set }) => set),
        )
        count(running.counts, { taken: wishes.length })
        for (const [index, { line }] of wishes.entries())
          for (const { message } of refused[index] ?? [])
            remarks.note(`An attribute was refused: ${message}`, [[0, line]])
      }
      if (fresh.length > 0) await running.reached(at, null)
    },
  })
  progress.end()
  await running.finish(at)
  conclude(
    `${at} records read, attributes of ${running.counts.taken ?? 0} set; ${remarks.skipped} not taken.`,
    remarks,
    flags.report ?? `${source.id}.report.txt`,
    [path],
  )
}

/** Columns that name the customer and what `export customers` says of it beside its attributes. */
const NO_ATTRIBUTES: ReadonlySet<string> = new Set([
  'app_user_id',
  'user_id',
  'original_app_user_id',
  'aliases',
  'first_seen_at',
  'last_seen_at',
  'updated_at_ms',
  'attributes',
])

function wishesOf(values: ImportedRecord['values']): AttributeWishes | string {
  const appUserId = textIn(values, 'app_user_id', 'user_id')
  if (appUserId === null) return 'It names no customer (app_user_id).'
  const refusal = refuseAppUserId(appUserId)
  if (refusal !== null) return refusal.message
  const time = Number(textIn(values, 'updated_at_ms') ?? Number.NaN)
  const at = Number.isFinite(time) ? time : null
  const nested = nestedIn(values.attributes)
  if (nested === null) return 'Its attributes are no JSON object.'
  const plain = Object.entries(values).filter(([key]) => !NO_ATTRIBUTES.has(key))
  const changes = [...plain, ...Object.entries(nested)].flatMap(([key, value]) => changeOf(key, value, at))
  return changes.length === 0 ? 'It holds no attribute.' : { appUserId, changes }
}

function nestedIn(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === undefined || value === null || value === '') return {}
  const read: unknown = typeof value === 'string' ? parsed(value) : value
  return typeof read === 'object' && read !== null && !Array.isArray(read)
    ? (read as Readonly<Record<string, unknown>>)
    : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** An empty cell says nothing; null in JSON deletes, as in the API. */
function changeOf(key: string, value: unknown, at: number | null): readonly AttributeChange[] {
  if (typeof value === 'object' && value !== null && 'value' in value) {
    const { value: inner, updated_at_ms: time } = value as { readonly value: unknown; readonly updated_at_ms?: unknown }
    return changeOf(key, inner, typeof time === 'number' ? time : at)
  }
  if (value === null) return [{ key, value: null, updatedAt: at }]
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text !== 'string' || text === '' ? [] : [{ key, value: text, updatedAt: at }]
}
