/** The seed of this run, printed at its start; `TRIBUTARY_TEST_SEED=… npm test` repeats a run. */
export const seed = Number(process.env.TRIBUTARY_TEST_SEED)

/** A sequence of numbers in [0, 1) that depends on the seed and the name alone (mulberry32), for tests that draw. */
export function randomOf(name: string): () => number {
  let state = seed
  for (const char of name) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Called once by vitest before the first test. */
export default function printSeed(): void {
  console.log(`Repeat this run with TRIBUTARY_TEST_SEED=${seed}`)
}
