import type { NewActRow } from '../storage/members.ts'
import type { Change } from './difference.ts'
import type { Plan, PlanItem, PlannedKind } from './plan.ts'

/** One thing that a config file changed, for the audit log of its project. Secrets are masked. */
export interface AppliedAct {
  readonly projectId: string
  readonly act: 'create' | 'update' | 'remove'
  readonly kind: PlannedKind
  readonly id: string
  readonly changes: readonly Change[]
}

export function actsOf({ creates, updates, removes }: Plan): readonly AppliedAct[] {
  const acts = (act: AppliedAct['act'], items: readonly PlanItem[]): readonly AppliedAct[] =>
    items.map(({ projectId, kind, id, changes }) => ({ projectId, act, kind, id, changes }))
  return [...acts('create', creates), ...acts('update', updates), ...acts('remove', removes)]
}

/** Who applied a file: the hub at its start, by the name of the file, or the operator with the command. */
export interface AppliedBy {
  readonly kind: 'file' | 'operator'
  readonly name: string
}

export const BY_OPERATOR: AppliedBy = { kind: 'operator', name: 'the operator' }

/** Writes what was applied to the audit log. What cannot be written goes to `failed`: the settings are in force already. */
export async function recordApplied(
  acts: readonly AppliedAct[],
  by: AppliedBy,
  to: {
    readonly recordAct: (row: NewActRow) => Promise<void>
    readonly now: () => number
    readonly failed: (act: AppliedAct, error: unknown) => void
  },
): Promise<void> {
  for (const act of acts) {
    const { projectId, kind, id, changes } = act
    const row = { projectId, at: to.now(), actorKind: by.kind, actorName: by.name, act: act.act, kind, subject: id }
    await to.recordAct({ ...row, changes: JSON.stringify(changes) }).catch((error: unknown) => to.failed(act, error))
  }
}
