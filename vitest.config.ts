import { defineConfig } from 'vitest/config'

/** All randomness of the tests comes from this number (test/seed.ts): the same number gives the same run. */
const seed = Number(process.env.TRIBUTARY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
process.env.TRIBUTARY_TEST_SEED = String(seed)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    sequence: { seed },
    allowOnly: false,
    passWithNoTests: false,
  },
})
