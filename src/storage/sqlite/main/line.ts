/**
 * Gives each key to one holder at a time, in the order of asking. Keys of one call are taken in ascending order, so that
 * two holders never wait for each other.
 */
export interface Line {
  /** Resolves when all keys are held; `waited` is true when somebody else had one of them. Call `release` once. */
  hold(keys: readonly string[]): Promise<{ readonly waited: boolean; readonly release: () => void }>
}

export function openLine(): Line {
  const last = new Map<string, Promise<void>>()
  return {
    async hold(keys) {
      let free = (): void => undefined
      const mine = new Promise<void>((resolve) => {
        free = resolve
      })
      const sorted = [...new Set(keys)].sort()
      // All places in the line are taken at once, so no two calls can stand in opposite order.
      const before = sorted.flatMap((key) => {
        const ahead = last.get(key)
        last.set(key, mine)
        return ahead ?? []
      })
      for (const ahead of before) await ahead
      const release = (): void => {
        for (const key of sorted) if (last.get(key) === mine) last.delete(key)
        free()
      }
      return { waited: before.length > 0, release }
    },
  }
}
