/** Keeps the most recently used values, at most `size` of them, each for at most `lifeMs`. Costs the same however full it is. */
export interface Recent<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  readonly size: number
}

export function createRecent<V>(size: number, lifeMs: number, now: () => number): Recent<V> {
  // A Map iterates in the order of insertion: the first key is the one that was used longest ago.
  const entries = new Map<string, { readonly value: V; readonly until: number }>()
  return {
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.until <= now()) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set: (key, value) => {
      entries.delete(key)
      entries.set(key, { value, until: now() + lifeMs })
      if (entries.size <= size) return
      const oldest = entries.keys().next()
      if (oldest.done !== true) entries.delete(oldest.value)
    },
    get size() {
      return entries.size
    },
  }
}
