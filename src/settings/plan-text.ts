import type { Problem } from './document.ts'
import type { Plan, PlanItem } from './plan.ts'

/** A plan as the commands print it. Nothing here holds a secret. */
export function planText(plan: Plan): string {
  return [
    ...changeTexts(plan),
    ...noteTexts(plan),
    ...plan.conflicts.map((item) => `! ${nameOf(item)} ${item.reason ?? ''}`),
    countText(plan),
  ].join('\n')
}

/** One text for each thing that changes, its values on lines of their own. */
export function changeTexts({ creates, updates, removes }: Plan): readonly string[] {
  return [
    ...creates.map((item) => block('+', item)),
    ...updates.map((item) => block('~', item)),
    ...removes.map((item) => block('-', item)),
  ]
}

export function noteTexts({ leftovers, warnings }: Plan): readonly string[] {
  const staying = leftovers.map((item) => `${nameOf(item)} is not in this file and stays; --prune removes it`)
  return [...staying, ...warnings.map((warning) => `warning: ${warning}`)]
}

function countText({ creates, updates, removes, unchanged }: Plan): string {
  return `${creates.length} to create, ${updates.length} to change, ${removes.length} to remove, ${unchanged.length} unchanged`
}

function block(sign: string, item: PlanItem): string {
  const lines = item.changes.map(({ path, from, to }) =>
    from === null ? `    ${path}: ${to ?? ''}` : `    ${path}: ${from} → ${to ?? '(not set)'}`,
  )
  return [`${sign} ${nameOf(item)}`, ...lines].join('\n')
}

/** Whether applying it would write anything. */
export function changesAnything(plan: Plan): boolean {
  return plan.creates.length + plan.updates.length + plan.removes.length > 0
}

export function nameOf({ kind, projectId, id }: Pick<PlanItem, 'kind' | 'projectId' | 'id'>): string {
  return kind === 'project' ? `project ${id}` : `${kind} ${projectId}/${id}`
}

/** `tributary.yaml:12: projects.acme.apps.ios.bundle_id: is missing: …` */
export function problemText(name: string, { line, path, message }: Problem): string {
  return `${name}:${line}: ${path === '' ? message : `${path}: ${message}`}`
}
