import type { App, Integration } from '../domain/project.ts'
import { appOf, integrationOf } from './bodies.ts'
import {
  type ChangeContext,
  type Changed,
  changePart,
  changeProject,
  checkPart,
  confirmIntegration,
  createPart,
  createProject,
  type GivenPart,
  type Part,
  type Prepared,
  removePart,
  rowOf,
} from './change.ts'
import { handOver } from './hand-over.ts'
import { type MadeKey, makeKey, type RevokedKey, revokeKey } from './keys.ts'
import type { Writes } from './plan.ts'
import type { Written } from './written.ts'

/** What the dashboard may do to the settings. Acts run one after another, those of `apply` among them. */
export interface SettingsChanges {
  createProject(given: { readonly id: string; readonly name: string }): Promise<Changed>
  changeProject(projectId: string, given: Written): Promise<Changed>
  /** What a file manages of the project is the dashboard's from now on. */
  handOver(projectId: string): Promise<Changed>
  /** Answers a conflict when there is one of that id: asking twice does nothing twice. */
  create(part: Part, projectId: string, given: GivenPart): Promise<Changed>
  change(part: Part, projectId: string, id: string, given: GivenPart): Promise<Changed>
  remove(part: Part, projectId: string, id: string): Promise<Changed>
  /** A person saw a test event arrive. */
  confirm(projectId: string, integrationId: string): Promise<Changed>
  /** The key is in the answer, and nowhere else. */
  createKey(projectId: string, name: string): Promise<MadeKey>
  removeKey(projectId: string, name: string): Promise<RevokedKey>
  /** What a form describes, as it would be stored: to check and to try it before. Secrets left out are the stored ones. */
  draftIntegration(projectId: string, given: GivenPart): Promise<Draft<Integration>>
  draftApp(projectId: string, given: GivenPart): Promise<Draft<App>>
}

export type Draft<T> = { readonly kind: 'draft'; readonly draft: T } | Extract<Changed, { kind: 'faults' }>

/** The name of what is tried before it has one. */
const UNNAMED = 'draft'

export interface ChangesInput {
  inTurn<T>(work: () => Promise<T>): Promise<T>
  context(): Promise<ChangeContext>
  write(writes: Writes, context: ChangeContext): Promise<void>
}

const NOTHING: Writes = { put: [], remove: [], putKeys: [], removeKeys: [] }

export function createChanges({ inTurn, context, write }: ChangesInput): SettingsChanges {
  const act = (prepare: (context: ChangeContext) => Prepared): Promise<Changed> =>
    inTurn(async () => {
      const around = await context()
      const prepared = prepare(around)
      if (prepared.kind !== 'changed') return prepared
      const { writes, ...changed } = prepared
      if (writes.put.length + writes.remove.length > 0) await write({ ...NOTHING, ...writes }, around)
      return changed
    })
  return {
    createProject: (given) => act((around) => createProject(given, around)),
    changeProject: (projectId, given) => act((around) => changeProject(projectId, given, around)),
    handOver: (projectId) =>
      inTurn(async () => {
        const around = await context()
        const handed = handOver(projectId, around)
        if (handed.kind !== 'changed') return handed
        const { writes, ...changed } = handed
        if (changed.changes.length > 0) await write(writes, around)
        return changed
      }),
    create: (part, projectId, given) => act((around) => createPart(part, projectId, given, around)),
    change: (part, projectId, id, given) => act((around) => changePart(part, projectId, id, given, around)),
    remove: (part, projectId, id) => act((around) => removePart(part, projectId, id, around)),
    confirm: (projectId, id) => act((around) => confirmIntegration(projectId, id, around)),
    createKey: (projectId, name) =>
      inTurn(async () => {
        const around = await context()
        const made = makeKey(projectId, name, around)
        if (made.kind === 'made') await write({ ...NOTHING, putKeys: [made.row] }, around)
        return made
      }),
    removeKey: (projectId, name) =>
      inTurn(async () => {
        const around = await context()
        const revoked = revokeKey(projectId, name, around)
        if (revoked.kind === 'revoked') await write({ ...NOTHING, removeKeys: [revoked.row.hash] }, around)
        return revoked
      }),
    draftIntegration: async (projectId, given) => {
      const around = await context()
      const checked = draftOf('integration', projectId, given, around)
      return checked.kind === 'draft' && 'destination' in checked.body
        ? { kind: 'draft', draft: integrationOf(projectId, checked.id, checked.body, checked.createdAt) }
        : faultsOf(checked)
    },
    draftApp: async (projectId, given) => {
      const around = await context()
      const checked = draftOf('app', projectId, given, around)
      return checked.kind === 'draft' && 'store' in checked.body
        ? { kind: 'draft', draft: appOf(projectId, checked.id, checked.body, checked.createdAt) }
        : faultsOf(checked)
    },
  }
}

function draftOf(part: Part, projectId: string, given: GivenPart, context: ChangeContext) {
  const id = typeof given.id === 'string' && given.id !== '' ? given.id : UNNAMED
  const stored = rowOf(context, part, projectId, id)
  const checked = checkPart(part, projectId, { ...given, id }, stored?.kind === 'entry' ? stored.entry : null, context)
  if (checked.kind === 'faults') return checked
  if (checked.kind === 'problems') {
    const faults = checked.problems.map(({ path, message }) => ({ at: path, message }))
    return { kind: 'faults', faults } as const
  }
  const createdAt = stored?.row.createdAt ?? context.now
  return { kind: 'draft', id: checked.id, body: checked.body, createdAt } as const
}

function faultsOf(checked: ReturnType<typeof draftOf>): Extract<Changed, { kind: 'faults' }> {
  return checked.kind === 'faults' ? checked : { kind: 'faults', faults: [] }
}
