import type { Problem } from './document.ts'
import type { Plan, PlanItem } from './plan.ts'

/** A plan as the commands print it. It holds no secret. */
export function planText(plan: Plan): string {
  const { creates, updates, removes, unchanged, leftovers, conflicts, warnings } = plan
  const lines = [
    ...creates.flatMap((item) => block('+', item)),
    ...updates.flatMap((item) => block('~', item)),
    ...removes.map((item) => `- ${nameOf(item)}`),
    ...leftovers.map((item) => `  ${nameOf(item)} is not in this file and stays; --prune removes it`),
    ...conflicts.map((item) => `! ${nameOf(item)} ${item.reason ?? ''}`),
    ...warnings.map((warning) => `warning: ${warning}`),
  ]
  const counts = `${creates.length} to create, ${updates.length} to change, ${removes.length} to remove, ${unchanged.length} unchanged`
  return [...lines, counts].join('\n')
}

/** Whether applying it would write anything. */
export function changesAnything(plan: Plan): boolean {
  return plan.creates.length + plan.updates.length + plan.removes.length > 0
}

function block(sign: string, item: PlanItem): readonly string[] {
  const lines = item.changes.map(({ path, from, to }) =>
    from === null ? `    ${path}: ${to ?? ''}` : `    ${path}: ${from} → ${to ?? '(not set)'}`,
  )
  return [`${sign} ${nameOf(item)}`, ...lines]
}

export function nameOf({ kind, projectId, id }: Pick<PlanItem, 'kind' | 'projectId' | 'id'>): string {
  return kind === 'project' ? `project ${id}` : `${kind} ${projectId}/${id}`
}

/** `tributary.yaml:12: projects.acme.apps.ios.bundle_id: is missing: …` */
export function problemText(name: string, { line, path, message }: Problem): string {
  return `${name}:${line}: ${path === '' ? message : `${path}: ${message}`}`
}
