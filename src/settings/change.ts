import type { Field } from '../domain/field.ts'
import type { SettingsRow } from '../storage/rows.ts'
import type { AppBody, IntegrationBody } from './bodies.ts'
import type { Catalogue } from './catalogue.ts'
import { APP_FIELDS, settingsFieldsOf } from './common.ts'
import { confirmedAsBefore } from './confirmed.ts'
import { type CheckedPart, checkApp, checkIntegration, checkProject } from './declaration.ts'
import { type Change, changesOf, sameBody } from './difference.ts'
import type { Problem } from './document.ts'
import { type Fault, mergeSettings } from './merged.ts'
import type { Current, Writes } from './plan.ts'
import type { Entry, OpenedRow } from './rows.ts'
import { appWritten, integrationWritten, projectWritten, type Written } from './written.ts'

/**
 * What the dashboard does to one project, app or integration: the values that a form gives, laid over what is stored,
 * checked by the rules of the config file, and written as the dashboard's. What a file manages is left to the file.
 */

/** What an act came to. `changes` hold no secret. */
export type Changed =
  | { readonly kind: 'changed'; readonly id: string; readonly changes: readonly Change[] }
  /** Nothing was written: what the form gave is wrong at these places. */
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  /** Nothing was written: one sentence that says what is in the way. */
  | { readonly kind: 'conflict'; readonly reason: string }
  | { readonly kind: 'absent' }

/** A change that is allowed, with what it writes. */
export type Prepared =
  | (Extract<Changed, { kind: 'changed' }> & { readonly writes: Pick<Writes, 'put' | 'remove'> })
  | Exclude<Changed, { kind: 'changed' }>

export interface ChangeContext {
  readonly current: Current
  readonly catalogue: Catalogue
  readonly now: number
}

type Kind = SettingsRow['kind']
export type Part = 'app' | 'integration'

const NAMES: Readonly<Record<Kind, string>> = { project: 'project', app: 'app', integration: 'integration' }

// ── projects ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function createProject(given: { readonly id: string; readonly name: string }, context: ChangeContext): Prepared {
  if (rowOf(context, 'project', given.id, given.id) !== undefined)
    return { kind: 'conflict', reason: `There is a project ${given.id} already; choose another id.` }
  return prepared('project', given.id, null, checkProject(given, context), context)
}

/** `given`: keys of the project as the config file has them; a key left out stays. */
export function changeProject(projectId: string, given: Written, context: ChangeContext): Prepared {
  const stored = storedOf(context, 'project', projectId, projectId)
  if (stored.kind !== 'stored') return stored
  if (stored.entry.kind !== 'project') return { kind: 'absent' }
  const value = { ...projectWritten(projectId, stored.entry.body), ...given }
  return prepared('project', projectId, stored, checkProject(value, context), context)
}

// ── apps and integrations ───────────────────────────────────────────────────────────────────────────────────────────

/** Keys as the config file has them; the settings of a store or destination lie under `settings` for both. */
export type GivenPart = Written & { readonly settings?: Written | undefined }

/** The id is in `given`. */
export function createPart(part: Part, projectId: string, given: GivenPart, context: ChangeContext): Prepared {
  const id = String(given.id)
  if (rowOf(context, 'project', projectId, projectId) === undefined) return { kind: 'absent' }
  if (rowOf(context, part, projectId, id) !== undefined)
    return { kind: 'conflict', reason: `There is an ${part} ${id} already; choose another id, or change that one.` }
  return prepared(part, projectId, null, checkPart(part, projectId, given, null, context), context)
}

export function changePart(
  part: Part,
  projectId: string,
  id: string,
  given: GivenPart,
  context: ChangeContext,
): Prepared {
  const stored = storedOf(context, part, projectId, id)
  if (stored.kind !== 'stored') return stored
  return prepared(part, projectId, stored, checkPart(part, projectId, given, stored.entry, context), context)
}

export function removePart(part: Part, projectId: string, id: string, context: ChangeContext): Prepared {
  const found = rowOf(context, part, projectId, id)
  if (found === undefined) return { kind: 'absent' }
  const refusal = refusalOf(found.row)
  if (refusal !== null) return refusal
  return { kind: 'changed', id, changes: [], writes: { put: [], remove: [{ kind: part, projectId, id }] } }
}

/** A person says that a test event arrived. It is no setting of a file, so a file's integration has it as well. */
export function confirmIntegration(projectId: string, id: string, context: ChangeContext): Prepared {
  const found = rowOf(context, 'integration', projectId, id)
  if (found?.kind !== 'entry' || found.entry.kind !== 'integration') return { kind: 'absent' }
  const destination = context.catalogue.destinations.get(found.entry.body.destination)
  if (destination?.confirm === undefined) {
    const title = destination?.title ?? found.entry.body.destination
    return {
      kind: 'conflict',
      reason: `${title} tells by its answers whether events arrive; nothing is to be confirmed.`,
    }
  }
  const entry: Entry = { ...found.entry, body: { ...found.entry.body, confirmed_at: context.now } }
  return {
    kind: 'changed',
    id,
    changes: changesOf(found.entry, entry, context.catalogue),
    writes: { put: [{ entry, createdAt: found.row.createdAt, managed: found.row.managed }], remove: [] },
  }
}

/** What a form describes, checked, over what is stored under the same id and of the same kind. Nothing is written. */
export function checkPart(
  part: Part,
  projectId: string,
  given: GivenPart,
  stored: Entry | null,
  context: Pick<ChangeContext, 'catalogue' | 'now'>,
): CheckedPart<AppBody> | CheckedPart<IntegrationBody> | Extract<Changed, { kind: 'faults' }> {
  const before = stored?.kind === part && isSameConnector(stored, given) ? stored : null
  const fields = connectorFields(part, before, given, context.catalogue)
  const faults: Fault[] = []
  const settings = mergeSettings(fields, before?.body.settings ?? {}, given.settings ?? {}, faults, 'settings')
  if (part === 'integration') {
    const old = before?.kind === 'integration' ? integrationWritten(before.id, before.body) : {}
    const checked = checkIntegration(projectId, { ...old, ...given, settings }, context)
    return faults.length > 0 ? { kind: 'faults', faults } : checked
  }
  const old = before?.kind === 'app' ? appWritten(before.id, before.body).own : {}
  const { settings: _, ...own } = given
  faults.push(...misplaced(settings, fields))
  if (faults.length > 0) return { kind: 'faults', faults }
  // In a file the settings of a store stand beside what every app has.
  const checked = checkApp(projectId, { ...settings, ...old, ...own }, context)
  return checked.kind === 'checked' ? checked : { kind: 'faults', faults: checked.problems.map(inSettings(settings)) }
}

function isSameConnector(stored: Exclude<Entry, { kind: 'project' }>, given: GivenPart): boolean {
  return stored.kind === 'app'
    ? given.store === undefined || given.store === stored.body.store
    : given.destination === undefined || given.destination === stored.body.destination
}

function connectorFields(
  part: Part,
  stored: Exclude<Entry, { kind: 'project' }> | null,
  given: GivenPart,
  { stores, destinations }: Catalogue,
): readonly Field[] {
  const storedName = stored === null ? '' : stored.kind === 'app' ? stored.body.store : stored.body.destination
  const name = String((part === 'app' ? given.store : given.destination) ?? storedName)
  return part === 'app' ? settingsFieldsOf(stores.get(name)?.fields ?? []) : (destinations.get(name)?.fields ?? [])
}

/** A key that every app has would otherwise slip in under `settings`. */
function misplaced(settings: Written, fields: readonly Field[]): readonly Fault[] {
  return Object.keys(settings)
    .filter((key) => APP_FIELDS.some((field) => field.key === key) && !fields.some((field) => field.key === key))
    .map((key) => ({ at: `settings.${key}`, message: 'is no setting of the store; it stands beside settings' }))
}

function inSettings(settings: Written): (problem: Problem) => Fault {
  return ({ path, message }) => {
    const [first = ''] = path.split('.')
    const own = path === '' || first === 'id' || APP_FIELDS.some(({ key }) => key === first)
    return { at: own && !Object.hasOwn(settings, first) ? path : `settings.${path}`, message }
  }
}

// ── common ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Stored {
  readonly kind: 'stored'
  readonly row: SettingsRow
  readonly entry: Entry
}

export function rowOf({ current }: ChangeContext, kind: Kind, projectId: string, id: string): OpenedRow | undefined {
  return current.rows.find(({ row }) => row.kind === kind && row.projectId === projectId && row.id === id)
}

function storedOf(
  context: ChangeContext,
  kind: Kind,
  projectId: string,
  id: string,
): Stored | Exclude<Changed, { kind: 'changed' }> {
  const found = rowOf(context, kind, projectId, id)
  if (found === undefined) return { kind: 'absent' }
  const refusal = refusalOf(found.row)
  if (refusal !== null) return refusal
  if (found.kind === 'broken')
    return { kind: 'conflict', reason: `The ${NAMES[kind]} ${id} cannot be read: ${found.reason}.` }
  return { kind: 'stored', row: found.row, entry: found.entry }
}

function refusalOf(row: Pick<SettingsRow, 'kind' | 'id' | 'managed'>): Extract<Changed, { kind: 'conflict' }> | null {
  if (row.managed === 'dashboard') return null
  return {
    kind: 'conflict',
    reason: `The ${NAMES[row.kind]} ${row.id} is managed by the config file; change it there and apply the file again.`,
  }
}

function prepared(
  kind: Kind,
  projectId: string,
  stored: Stored | null,
  checked: ReturnType<typeof checkPart> | ReturnType<typeof checkProject>,
  context: ChangeContext,
): Prepared {
  if (checked.kind === 'faults') return checked
  if (checked.kind === 'problems')
    return { kind: 'faults', faults: checked.problems.map(({ path, message }) => ({ at: path, message })) }
  const { id, body } = checked
  const before = stored?.entry ?? null
  // `checked` is of the kind that was asked for: the three go together in their callers.
  const entry = confirmedAsBefore(
    before,
    { kind, projectId: kind === 'project' ? id : projectId, id, body } as Entry,
    context.catalogue,
  )
  const taken = takenPublicKey(entry, context)
  if (taken !== null) return { kind: 'faults', faults: [taken] }
  const changes = changesOf(before, entry, context.catalogue)
  const same = before !== null && sameBody(before, entry)
  const put = same ? [] : [{ entry, createdAt: stored?.row.createdAt ?? context.now, managed: 'dashboard' as const }]
  return { kind: 'changed', id, changes, writes: { put, remove: [] } }
}

/** A public key names one app of the whole hub. */
function takenPublicKey(entry: Entry, { current }: ChangeContext): Fault | null {
  if (entry.kind !== 'app' || entry.body.public_key === null) return null
  const key = entry.body.public_key
  const other = current.rows.some(
    (one) =>
      one.kind === 'entry' &&
      one.entry.kind === 'app' &&
      one.entry.body.public_key === key &&
      !(one.entry.projectId === entry.projectId && one.entry.id === entry.id),
  )
  return other ? { at: 'public_key', message: 'is the public key of another app; each must be different' } : null
}
