import { createHash, hkdfSync, randomBytes } from 'node:crypto'

/** One key, ready for use. Purposes have keys of their own, derived by HKDF, so that no key serves two of them. */
export interface Key {
  /** Eight hex digits: names the key in what it sealed and in messages, and tells nothing of it. */
  readonly id: string
  readonly sealing: Buffer
  readonly signing: Buffer
}

/** Keys in the operator's order. Never printed: the derived keys are not enumerable. */
export interface KeyRing {
  readonly current: Key
  readonly all: readonly Key[]
}

export const KEY_BYTES = 32

export function generateKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/** `keys` of 32 bytes each, at least one, the first is current. Throws for anything else: callers check at the edge. */
export function keyRing(keys: readonly Buffer[]): KeyRing {
  const all = keys.map(keyOf)
  const [current] = all
  if (current === undefined) throw new RangeError('A key ring needs at least one key')
  return { current, all }
}

function keyOf(bytes: Buffer): Key {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`A key has ${KEY_BYTES} bytes`)
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', bytes, '', `tributary ${purpose}`, KEY_BYTES))
  const id = createHash('sha256').update(derive('key id')).digest('hex').slice(0, 8)
  return Object.defineProperties({ id } as Key, {
    sealing: { value: derive('sealing'), enumerable: false },
    signing: { value: derive('signing'), enumerable: false },
  })
}
