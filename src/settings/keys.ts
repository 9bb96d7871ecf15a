import { randomBytes } from 'node:crypto'
import { hashSecretKey } from '../secrets/masking.ts'
import type { SecretKeyRow } from '../storage/rows.ts'
import type { ChangeContext, Changed } from './change.ts'
import { rowOf } from './change.ts'
import { checkKey } from './declaration.ts'

/** A secret key of a project that the dashboard makes. The key itself is given once and kept nowhere. */
export type MadeKey =
  | { readonly kind: 'made'; readonly key: string; readonly row: SecretKeyRow }
  | Exclude<Changed, { kind: 'changed' }>

/** As `openssl rand -hex 24` gives it: 192 bits. */
const KEY_BYTES = 24

export function makeKey(projectId: string, name: string, context: ChangeContext): MadeKey {
  if (rowOf(context, 'project', projectId, projectId) === undefined) return { kind: 'absent' }
  const key = `sk_${randomBytes(KEY_BYTES).toString('hex')}`
  const problems = checkKey(projectId, { name, key })
  if (problems.length > 0)
    return { kind: 'faults', faults: problems.map(({ path, message }) => ({ at: path, message })) }
  if (keyRowOf(projectId, name, context) !== undefined)
    return {
      kind: 'conflict',
      reason: `There is a secret key ${name} already; choose another name, or revoke that one.`,
    }
  const row: SecretKeyRow = {
    projectId,
    name,
    hash: hashSecretKey(key),
    last4: key.slice(-4),
    managed: 'dashboard',
    createdAt: context.now,
  }
  return { kind: 'made', key, row }
}

export type RevokedKey =
  | { readonly kind: 'revoked'; readonly row: SecretKeyRow }
  | Exclude<Changed, { kind: 'changed' }>

export function revokeKey(projectId: string, name: string, context: ChangeContext): RevokedKey {
  const row = keyRowOf(projectId, name, context)
  if (row === undefined) return { kind: 'absent' }
  if (row.managed === 'file')
    return {
      kind: 'conflict',
      reason: `The secret key ${name} is managed by the config file; take it out there and apply the file with --prune.`,
    }
  return { kind: 'revoked', row }
}

function keyRowOf(projectId: string, name: string, { current }: ChangeContext): SecretKeyRow | undefined {
  return current.keys.find((key) => key.projectId === projectId && key.name === name)
}
