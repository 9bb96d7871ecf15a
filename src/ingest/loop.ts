/**
 * A loop that works while there is work and sleeps otherwise. `wake` ends a sleep at once; nothing polls faster than
 * `idleMs` when nobody wakes it.
 */
export interface Loop {
  wake(): void
  /** False only while it sleeps, or has ended. */
  readonly working: boolean
  /** Ends after the round in progress. */
  stop(): Promise<void>
}

/**
 * `round` does one round and says when the next is due: 0 for at once, a time in milliseconds from now otherwise. A round
 * that throws is told to `failed` and is tried again after a pause that grows from 100 ms to 5 s.
 */
export function startLoop(options: {
  readonly round: () => Promise<number>
  readonly idleMs: number
  readonly failed: (error: unknown) => void
}): Loop {
  let stopped = false
  let woken = false
  let working = true
  let rouse: (() => void) | null = null
  let failures = 0

  const sleep = async (ms: number): Promise<void> => {
    working = false
    await slept(ms)
    working = true
  }
  const slept = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (woken || stopped) {
        woken = false
        resolve()
        return
      }
      const timer = setTimeout(() => rouse?.(), ms)
      rouse = () => {
        clearTimeout(timer)
        rouse = null
        woken = false
        resolve()
      }
    })

  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        const wait = await options.round()
        failures = 0
        if (wait > 0) await sleep(Math.min(wait, options.idleMs))
      } catch (error) {
        failures += 1
        options.failed(error)
        await sleep(Math.min(100 * 2 ** Math.min(failures - 1, 6), 5_000))
      }
    }
  }
  const finished = run().finally(() => {
    working = false
  })

  return {
    get working() {
      return working
    },
    wake: () => {
      woken = true
      rouse?.()
    },
    stop: async () => {
      stopped = true
      rouse?.()
      await finished
    },
  }
}
