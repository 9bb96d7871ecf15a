import type { KeyRing } from '../secrets/key-ring.ts'
import { KeyRefused } from '../secrets/open-keys.ts'
import type { SettingsStorage } from '../storage/storage.ts'
import type { Catalogue } from './catalogue.ts'
import { createChanges, type SettingsChanges } from './changes.ts'
import { checkDocument } from './declaration.ts'
import type { ConfigDocument, Problem } from './document.ts'
import { type Exported, exportText } from './export.ts'
import { type Plan, planApply, type Writes } from './plan.ts'
import { changesAnything } from './plan-text.ts'
import { bodyText } from './rows.ts'
import { openRows, type SettingsView, viewOf } from './view.ts'

export interface ApplyOptions {
  /** Remove what a file declared before and this one does not. */
  readonly prune: boolean
  /** Take over what the dashboard manages. */
  readonly adopt: boolean
  /** Only say what would happen. */
  readonly dryRun: boolean
}

export type ApplyResult =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  /** Nothing was written: see `plan.conflicts`. */
  | { readonly kind: 'conflicts'; readonly plan: Plan }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'applied'; readonly plan: Plan }

/** The one place through which settings are read and changed. */
export interface SettingsService {
  /** The settings in force: a cheap read of the last view. */
  current(): SettingsView
  /** Makes the settings what the document says, all or nothing. Calls run one after another. */
  apply(document: ConfigDocument, options: ApplyOptions): Promise<ApplyResult>
  /** What the dashboard does, by the same rules and in the same turns. */
  readonly changes: SettingsChanges
  /** What there is of a project, or of all of them, as a config file without secrets. */
  exported(projectId: string | null): Promise<Exported>
  /** Reads storage again. */
  reload(): Promise<SettingsView>
  /** Called with each new view, after it came into force; the answer ends that. */
  onChange(listener: (view: SettingsView) => void): () => void
}

export interface SettingsServiceInput {
  readonly storage: SettingsStorage
  readonly ring: KeyRing
  readonly catalogue: Catalogue
  /** Milliseconds. */
  readonly now: () => number
}

/** Loads what is stored. Throws KeyRefused when a stored secret needs a key that was not given. */
export async function createSettingsService(input: SettingsServiceInput): Promise<SettingsService> {
  const { storage, ring, catalogue } = input
  const listeners = new Set<(view: SettingsView) => void>()
  const load = async () => {
    const stored = await storage.loadSettings()
    return { rows: openRows(stored, ring, catalogue), keys: stored.keys }
  }
  const first = await load()
  let view = viewOf(first.rows, first.keys, catalogue)
  refuseUnknownKeys(view)

  const reload = async (): Promise<SettingsView> => {
    const { rows, keys } = await load()
    view = viewOf(rows, keys, catalogue)
    for (const listener of listeners) listener(view)
    return view
  }
  const applyNow = async (document: ConfigDocument, options: ApplyOptions): Promise<ApplyResult> => {
    const now = input.now()
    const checked = checkDocument(document, catalogue, now)
    if (checked.kind === 'problems') return checked
    const { plan, writes } = planApply(checked.declaration, await load(), { ...options, now, catalogue })
    if (plan.conflicts.length > 0) return { kind: 'conflicts', plan }
    if (options.dryRun) return { kind: 'planned', plan }
    if (changesAnything(plan)) {
      await executePlan(writes, input, now)
      await reload()
    }
    return { kind: 'applied', plan }
  }
  // The next call plans on what the one before wrote.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
  const changes = createChanges({
    inTurn,
    context: async () => ({ current: await load(), catalogue, now: input.now() }),
    write: async (writes, { now }) => {
      await executePlan(writes, input, now)
      await reload()
    },
  })
  return {
    changes,
    exported: async (projectId) => exportText(await load(), projectId, catalogue),
    current: () => view,
    apply: (document, options) => inTurn(() => applyNow(document, options)),
    reload: () => inTurn(reload),
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Seals and saves what a plan writes, in one transaction. `now` in milliseconds. */
async function executePlan(
  writes: Writes,
  { storage, ring, catalogue }: Omit<SettingsServiceInput, 'now'>,
  now: number,
): Promise<void> {
  await storage.saveSettings({
    put: writes.put.map(({ entry, createdAt, managed }) => ({
      kind: entry.kind,
      projectId: entry.projectId,
      id: entry.id,
      body: bodyText(entry, ring, catalogue),
      managed,
      createdAt,
      updatedAt: now,
    })),
    remove: writes.remove,
    putKeys: writes.putKeys,
    removeKeys: writes.removeKeys,
  })
}

function refuseUnknownKeys({ broken }: SettingsView): void {
  const unknown = broken.filter(({ unknownKey }) => unknownKey)
  const [first] = unknown
  if (first === undefined) return
  const others = unknown.length === 1 ? '' : ` and ${unknown.length - 1} more`
  throw new KeyRefused(
    `The settings of ${first.projectId}/${first.id}${others} were encrypted with a key that TRIBUTARY_SECRET_KEY does not hold; add that key behind the current one, separated by a comma.`,
  )
}
