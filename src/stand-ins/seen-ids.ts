/** A set of ids of which only the number matters, in 16 bytes an id: a million of them cost what a browser tab does. */
export interface SeenIds {
  /** True the first time. Two different ids pass for one with a chance of one in 10⁴ among a million. */
  add(id: string): boolean
  readonly size: number
}

export function createSeenIds(): SeenIds {
  let slots = new Float64Array(1024)
  let size = 0

  const insert = (into: Float64Array, hash: number): boolean => {
    let at = hash % into.length
    while (into[at] !== 0) {
      if (into[at] === hash) return false
      at = (at + 1) % into.length
    }
    into[at] = hash
    return true
  }

  return {
    add: (id) => {
      if (size * 2 >= slots.length) {
        const larger = new Float64Array(slots.length * 2)
        for (const hash of slots) if (hash !== 0) insert(larger, hash)
        slots = larger
      }
      const isNew = insert(slots, hashOf(id))
      if (isNew) size += 1
      return isNew
    },
    get size() {
      return size
    },
  }
}

/** 53 bits, never 0, which marks a free slot. Two FNV-1a hashes (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hashOf(id: string): number {
  let a = 0x811c9dc5
  let b = 0x01234567
  for (let at = 0; at < id.length; at += 1) {
    const unit = id.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ (unit + at), 0x01000193)
  }
  return (a >>> 0) * 0x200000 + ((b ^ (b >>> 11)) & 0x1fffff) || 1
}
