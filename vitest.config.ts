import { defineConfig } from 'vitest/config'

/** Randomness in tests comes from this number: test/seed.ts. The same number gives the same run. */
const seed = Number(process.env.TRIBUTARY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
if (process.env.VITEST_POOL_ID === undefined) console.log(`seed: TRIBUTARY_TEST_SEED=${seed}`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    env: { TRIBUTARY_TEST_SEED: String(seed) },
    sequence: { seed },
    allowOnly: false,
    passWithNoTests: false,
  },
})
