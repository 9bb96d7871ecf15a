import type { Field, Settings } from '../domain/field.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import { open, seal } from '../secrets/seal.ts'
import type { SettingsRow } from '../storage/rows.ts'
import type { AppBody, IntegrationBody, ProjectBody } from './bodies.ts'
import type { Catalogue } from './catalogue.ts'
import { settingsFieldsOf } from './common.ts'
import { fieldsSchema, mapSecrets } from './declared.ts'

/** A document with its place, in the clear: memory only. */
export type Entry =
  | (EntryPlace & { readonly kind: 'project'; readonly body: ProjectBody })
  | (EntryPlace & { readonly kind: 'app'; readonly body: AppBody })
  | (EntryPlace & { readonly kind: 'integration'; readonly body: IntegrationBody })

interface EntryPlace {
  readonly projectId: string
  /** Of a project: its own id again. */
  readonly id: string
}

export type OpenedRow =
  | { readonly kind: 'entry'; readonly row: SettingsRow; readonly entry: Entry }
  /** A secret in it cannot be opened, or nobody knows its connector. `unknownKey`: sealed under a key that was not given. */
  | { readonly kind: 'broken'; readonly row: SettingsRow; readonly reason: string; readonly unknownKey: boolean }

export function fieldsOf(entry: Entry, catalogue: Catalogue): readonly Field[] {
  switch (entry.kind) {
    case 'project':
      return []
    case 'app':
      return settingsFieldsOf(catalogue.stores.get(entry.body.store)?.fields ?? [])
    case 'integration':
      return catalogue.destinations.get(entry.body.destination)?.fields ?? []
  }
}

/** The row's body: every secret sealed to its place. */
export function bodyText(entry: Entry, ring: KeyRing, catalogue: Catalogue): string {
  if (entry.kind === 'project') return JSON.stringify(entry.body)
  const sealed = mapSecrets(fieldsOf(entry, catalogue), entry.body.settings, (text, path) =>
    seal(ring, [entry.kind, entry.projectId, entry.id, path], text),
  )
  return JSON.stringify({ ...entry.body, settings: sealed })
}

/** Reads a row that this product wrote. Never throws: what cannot be opened is named and left out of service. */
export function openRow(row: SettingsRow, ring: KeyRing, catalogue: Catalogue): OpenedRow {
  const entry = entryOf(row)
  if (entry === null) return broken(row, 'its stored settings are damaged; apply the config file again')
  if (entry.kind === 'project') return { kind: 'entry', row, entry }
  const known =
    entry.kind === 'app' ? catalogue.stores.has(entry.body.store) : catalogue.destinations.has(entry.body.destination)
  if (!known) return broken(row, 'this version does not know its kind; run the version that wrote it')
  const faults: { readonly path: string; readonly unknownKey: boolean }[] = []
  const fields = fieldsOf(entry, catalogue)
  const opened = mapSecrets(fields, entry.body.settings, (text, path) => {
    const result = open(ring, [row.kind, row.projectId, row.id, path], text)
    if (result.kind === 'opened') return result.text
    faults.push({ path, unknownKey: result.kind === 'unknown_key' })
    return ''
  })
  const [fault] = faults
  if (fault !== undefined)
    return broken(
      row,
      `its ${fault.path} cannot be decrypted; enter it again`,
      faults.some(({ unknownKey }) => unknownKey),
    )
  const settings = withDefaults(fields, opened)
  return entry.kind === 'app'
    ? { kind: 'entry', row, entry: { ...entry, body: { ...entry.body, settings } } }
    : { kind: 'entry', row, entry: { ...entry, body: { ...entry.body, settings } } }
}

function broken(row: SettingsRow, reason: string, unknownKey = false): OpenedRow {
  return { kind: 'broken', row, reason, unknownKey }
}

/** Fields that a later version added get their defaults; a value that a later version would refuse stays in force. */
function withDefaults(fields: readonly Field[], settings: Settings): Settings {
  const known = Object.fromEntries(
    Object.entries(settings).filter(([key]) => fields.some((field) => field.key === key)),
  )
  const parsed = fieldsSchema(fields).safeParse(known)
  return parsed.success ? (parsed.data as Settings) : known
}

/** Rows are written by `bodyText` alone, so their shape is checked no further than that they are whole. */
function entryOf(row: SettingsRow): Entry | null {
  const { kind, projectId, id } = row
  try {
    const body: unknown = JSON.parse(row.body)
    if (typeof body !== 'object' || body === null) return null
    if (kind !== 'project' && (!('settings' in body) || typeof body.settings !== 'object' || body.settings === null))
      return null
    return { kind, projectId, id, body } as Entry
  } catch {
    return null
  }
}
