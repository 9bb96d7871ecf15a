import type { SecretKeyRow, SettingsRow } from '../storage/rows.ts'
import type { Catalogue } from './catalogue.ts'
import { GOOD_SECRET_KEY_LENGTH } from './common.ts'
import { confirmedAsBefore } from './confirmed.ts'
import type { Declaration, DeclaredKey } from './declaration.ts'
import { type Change, changesOf, sameBody } from './difference.ts'
import type { Entry, OpenedRow } from './rows.ts'
import { placeOf } from './view.ts'

export type PlannedKind = 'project' | 'app' | 'integration' | 'secret key'

/** One line of a plan. It holds no secret: values in `changes` are masked. */
export interface PlanItem {
  readonly kind: PlannedKind
  readonly projectId: string
  readonly id: string
  readonly changes: readonly Change[]
  /** For conflicts: one sentence with the fix. */
  readonly reason: string | null
}

/** What applying a file would do, for people: printable as it is. */
export interface Plan {
  readonly creates: readonly PlanItem[]
  readonly updates: readonly PlanItem[]
  readonly removes: readonly PlanItem[]
  readonly unchanged: readonly PlanItem[]
  /** Declared by a file once, not by this one: they stay unless --prune is given. */
  readonly leftovers: readonly PlanItem[]
  /** Nothing is applied while there are any. */
  readonly conflicts: readonly PlanItem[]
  readonly warnings: readonly string[]
}

/** What has to be written, secrets in the clear. */
export interface Writes {
  readonly put: readonly {
    readonly entry: Entry
    readonly createdAt: number
    readonly managed: SettingsRow['managed']
  }[]
  readonly remove: readonly Pick<SettingsRow, 'kind' | 'projectId' | 'id'>[]
  readonly putKeys: readonly SecretKeyRow[]
  readonly removeKeys: readonly string[]
}

export interface Current {
  readonly rows: readonly OpenedRow[]
  readonly keys: readonly SecretKeyRow[]
}

export interface PlanOptions {
  readonly prune: boolean
  /** Take over what the dashboard manages. */
  readonly adopt: boolean
  readonly now: number
  readonly catalogue: Catalogue
}

interface Draft {
  readonly plan: { readonly [K in keyof Plan]: Plan[K][number][] }
  readonly put: Writes['put'][number][]
  readonly remove: Writes['remove'][number][]
  readonly putKeys: SecretKeyRow[]
  readonly removeKeys: string[]
}

/** Compares what a file declares with what there is. Applying its writes and planning again gives nothing to do. */
export function planApply(
  declaration: Declaration,
  current: Current,
  options: PlanOptions,
): { readonly plan: Plan; readonly writes: Writes } {
  const draft: Draft = {
    plan: { creates: [], updates: [], removes: [], unchanged: [], leftovers: [], conflicts: [], warnings: [] },
    put: [],
    remove: [],
    putKeys: [],
    removeKeys: [],
  }
  const entries = declaration.projects.flatMap(entriesOf)
  const stored = new Map(current.rows.map((one) => [placeOf(one.row.kind, one.row.projectId, one.row.id), one]))
  for (const entry of entries)
    planEntry(draft, entry, stored.get(placeOf(entry.kind, entry.projectId, entry.id)), options)
  planRest(draft, entries, current, options)
  for (const project of declaration.projects) planKeys(draft, project.id, project.keys, current, options)
  planKeyRest(draft, declaration, current, options)
  notePublicKeys(draft, entries, current)
  const { plan, ...writes } = draft
  return { plan, writes }
}

export function entriesOf(project: Declaration['projects'][number]): readonly Entry[] {
  const place = { projectId: project.id }
  return [
    { kind: 'project', ...place, id: project.id, body: project.body },
    ...project.apps.map(({ id, body }): Entry => ({ kind: 'app', ...place, id, body })),
    ...project.integrations.map(({ id, body }): Entry => ({ kind: 'integration', ...place, id, body })),
  ]
}

// ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────

function planEntry(draft: Draft, declared: Entry, stored: OpenedRow | undefined, options: PlanOptions): void {
  const before = stored?.kind === 'entry' ? stored.entry : null
  const entry = confirmedAsBefore(before, declared, options.catalogue)
  const item = itemOf(entry)
  if (stored === undefined) {
    draft.plan.creates.push({ ...item, changes: changesOf(null, entry, options.catalogue) })
    draft.put.push({ entry, createdAt: options.now, managed: 'file' })
    return
  }
  const { row } = stored
  if (row.managed === 'dashboard' && !options.adopt) {
    draft.plan.conflicts.push({
      ...item,
      reason: 'is managed in the dashboard; run with --adopt to let the file take it over',
    })
    return
  }
  const fixed = before === null ? null : otherKind(before, entry)
  if (fixed !== null) {
    draft.plan.conflicts.push({ ...item, reason: fixed })
    return
  }
  if (before !== null && row.managed === 'file' && sameBody(before, entry)) {
    draft.plan.unchanged.push(item)
    return
  }
  const adopted: readonly Change[] =
    row.managed === 'dashboard' ? [{ path: 'managed by', from: 'dashboard', to: 'file' }] : []
  draft.plan.updates.push({ ...item, changes: [...adopted, ...changesOf(before, entry, options.catalogue)] })
  draft.put.push({ entry, createdAt: row.createdAt, managed: 'file' })
}

function itemOf({ kind, projectId, id }: Pick<SettingsRow, 'kind' | 'projectId' | 'id'>): PlanItem {
  return { kind, projectId, id, changes: [], reason: null }
}

/** Purchases and queues hang on the kind: another kind is another app or integration. */
function otherKind(before: Entry, after: Entry): string | null {
  if (before.kind === 'app' && after.kind === 'app' && before.body.store !== after.body.store) {
    return `is an app of ${before.body.store}; give the app of ${after.body.store} an id of its own`
  }
  if (
    before.kind === 'integration' &&
    after.kind === 'integration' &&
    before.body.destination !== after.body.destination
  ) {
    return `sends to ${before.body.destination}; give the integration for ${after.body.destination} an id of its own`
  }
  return null
}

/** What is stored and not declared. */
function planRest(draft: Draft, entries: readonly Entry[], current: Current, { prune }: PlanOptions): void {
  const declared = new Set(entries.map((entry) => placeOf(entry.kind, entry.projectId, entry.id)))
  const rest = current.rows
    .map(({ row }) => row)
    .filter((row) => !declared.has(placeOf(row.kind, row.projectId, row.id)))
  for (const row of rest.filter(({ managed }) => managed === 'file')) {
    if (!prune) draft.plan.leftovers.push(itemOf(row))
    else if (row.kind === 'project' && dashboardHolds(row.projectId, current)) {
      draft.plan.conflicts.push({
        ...itemOf(row),
        reason: 'has parts that are managed in the dashboard; remove those there first',
      })
    } else {
      draft.plan.removes.push(itemOf(row))
      draft.remove.push({ kind: row.kind, projectId: row.projectId, id: row.id })
    }
  }
}

function dashboardHolds(projectId: string, current: Current): boolean {
  const parts = [...current.rows.map(({ row }) => row).filter(({ kind }) => kind !== 'project'), ...current.keys]
  return parts.some((part) => part.projectId === projectId && part.managed === 'dashboard')
}

/** A public key names one app of the whole hub. Within the file this was checked before. */
function notePublicKeys(draft: Draft, entries: readonly Entry[], current: Current): void {
  const declared = new Set(entries.map((entry) => placeOf(entry.kind, entry.projectId, entry.id)))
  const removed = new Set(draft.remove.map((row) => placeOf(row.kind, row.projectId, row.id)))
  const staying = current.rows.filter(
    ({ row }) =>
      !declared.has(placeOf(row.kind, row.projectId, row.id)) && !removed.has(placeOf(row.kind, row.projectId, row.id)),
  )
  const taken = new Map(
    staying.flatMap((one) =>
      one.kind === 'entry' && one.entry.kind === 'app' ? [[one.entry.body.public_key, one.entry]] : [],
    ),
  )
  for (const entry of entries) {
    const other = entry.kind === 'app' && entry.body.public_key !== null ? taken.get(entry.body.public_key) : undefined
    if (other === undefined) continue
    draft.plan.conflicts.push({
      ...itemOf(entry),
      reason: `has the public key of ${other.projectId}/${other.id}; give it another one`,
    })
  }
}

// ── secret keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

function planKeys(
  draft: Draft,
  projectId: string,
  keys: readonly DeclaredKey[],
  current: Current,
  options: PlanOptions,
): void {
  for (const key of keys) {
    const item: PlanItem = { kind: 'secret key', projectId, id: key.name, changes: [], reason: null }
    const elsewhere = current.keys.find((stored) => stored.hash === key.hash && stored.projectId !== projectId)
    const named = current.keys.find((stored) => stored.projectId === projectId && stored.name === key.name)
    const same = current.keys.find((stored) => stored.projectId === projectId && stored.hash === key.hash)
    if (key.length < GOOD_SECRET_KEY_LENGTH) {
      draft.plan.warnings.push(
        `The secret key ${key.name} of ${projectId} is short enough to be guessed; make one with: echo "sk_$(openssl rand -hex 24)"`,
      )
    }
    if (elsewhere !== undefined) {
      draft.plan.conflicts.push({ ...item, reason: 'is used by another project already; make a new one' })
    } else if ([named, same].some((stored) => stored?.managed === 'dashboard') && !options.adopt) {
      draft.plan.conflicts.push({
        ...item,
        reason: 'is managed in the dashboard; run with --adopt to let the file take it over',
      })
    } else if (named !== undefined && named === same && named.managed === 'file') {
      draft.plan.unchanged.push(item)
    } else {
      const old = same ?? named
      const row: SecretKeyRow = {
        projectId,
        name: key.name,
        hash: key.hash,
        last4: key.last4,
        managed: 'file',
        createdAt: same?.createdAt ?? options.now,
      }
      draft.putKeys.push(row)
      if (named !== undefined && named.hash !== key.hash) draft.removeKeys.push(named.hash)
      if (old === undefined) draft.plan.creates.push(item)
      else
        draft.plan.updates.push({
          ...item,
          changes: [{ path: 'key', from: `${old.name} ••••${old.last4}`, to: `${key.name} ••••${key.last4}` }],
        })
    }
  }
}

function planKeyRest(draft: Draft, declaration: Declaration, current: Current, { prune }: PlanOptions): void {
  const declared = new Set(declaration.projects.flatMap(({ keys }) => keys.map(({ hash }) => hash)))
  const replaced = new Set(draft.removeKeys)
  const rest = current.keys.filter(
    ({ hash, managed }) => managed === 'file' && !declared.has(hash) && !replaced.has(hash),
  )
  for (const { projectId, name, hash } of rest) {
    const item: PlanItem = { kind: 'secret key', projectId, id: name, changes: [], reason: null }
    if (!prune) {
      draft.plan.leftovers.push(item)
      continue
    }
    draft.plan.removes.push(item)
    draft.removeKeys.push(hash)
  }
}
