import { type ChangeContext, type Changed, rowOf } from './change.ts'
import type { Writes } from './plan.ts'

/**
 * What a file manages of a project goes over to the dashboard, as it is: for teams that began with a file. The opposite
 * way is `apply --adopt`.
 */
export type HandedOver =
  | (Extract<Changed, { kind: 'changed' }> & { readonly writes: Writes })
  | Exclude<Changed, { kind: 'changed' }>

export function handOver(projectId: string, context: ChangeContext): HandedOver {
  if (rowOf(context, 'project', projectId, projectId) === undefined) return { kind: 'absent' }
  const { rows, keys } = context.current
  const own = rows.filter(({ row }) => row.projectId === projectId && row.managed === 'file')
  const broken = own.find((one) => one.kind === 'broken')
  if (broken?.kind === 'broken')
    return { kind: 'conflict', reason: `The ${broken.row.kind} ${broken.row.id} cannot be read: ${broken.reason}.` }
  const put = own.flatMap((one) =>
    one.kind === 'entry' ? [{ entry: one.entry, createdAt: one.row.createdAt, managed: 'dashboard' as const }] : [],
  )
  const putKeys = keys
    .filter((key) => key.projectId === projectId && key.managed === 'file')
    .map((key) => ({ ...key, managed: 'dashboard' as const }))
  const names = [
    ...put.map(({ entry }) => `${entry.kind} ${entry.id}`),
    ...putKeys.map(({ name }) => `secret key ${name}`),
  ]
  return {
    kind: 'changed',
    id: projectId,
    changes: names.map((name) => ({ path: `${name}: managed by`, from: 'file', to: 'dashboard' })),
    writes: { put, remove: [], putKeys, removeKeys: [] },
  }
}
