import type { FastifyRequest } from 'fastify'
import type { App } from '../domain/project.ts'
import { hashSecretKey } from '../secrets/masking.ts'
import type { SecretKeyRow } from '../storage/rows.ts'
import type { HubDoors } from './doors.ts'

/** Who asks, by the key that came. `hash` names the key where the key itself must not be kept. */
export type Caller =
  | { readonly kind: 'none' }
  /** An Authorization header that is no bearer token. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'secret'; readonly key: SecretKeyRow; readonly hash: string }
  | { readonly kind: 'public'; readonly app: App; readonly hash: string }
  | { readonly kind: 'unknown' }

/** Constant work for any key: one hash, one look-up by hash. The key itself is compared with nothing. */
export function callerOf(request: FastifyRequest, doors: Pick<HubDoors, 'settings'>): Caller {
  const header = request.headers.authorization
  if (header === undefined) return { kind: 'none' }
  const given = /^Bearer (\S{1,200})$/i.exec(header)?.[1]
  if (given === undefined) return { kind: 'malformed' }
  const settings = doors.settings.current()
  const hash = hashSecretKey(given)
  const key = settings.keyByHash(hash)
  if (key) return { kind: 'secret', key, hash }
  const app = settings.appByPublicKey(given)
  return app ? { kind: 'public', app, hash } : { kind: 'unknown' }
}
