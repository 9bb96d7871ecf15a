import { createHmac } from 'node:crypto'
import type { Key, KeyRing } from './key-ring.ts'

/**
 * The app user ids of people who were erased are remembered by a keyed hash: whoever has the list and not the key can test
 * no id against it. The key's id stands before it, so that a list outlives a new key as long as the ring holds the old one.
 */
export function erasedHash(ring: KeyRing, projectId: string, appUserId: string): string {
  return hashBy(ring.current, projectId, appUserId)
}

/** The hash under each key of the ring. */
export function erasedHashes(ring: KeyRing, projectId: string, appUserId: string): readonly string[] {
  return ring.all.map((key) => hashBy(key, projectId, appUserId))
}

function hashBy(key: Key, projectId: string, appUserId: string): string {
  const mac = createHmac('sha256', key.signing).update(`erased\n${projectId}\n${appUserId}`).digest('base64url')
  return `${key.id}.${mac}`
}
