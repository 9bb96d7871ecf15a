import { describe, expect, it } from 'vitest'
import { tally } from '../../tools/tally-tests.ts'

const file = (status: string, ...tests: readonly string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((one) => ({ status: one })),
})

describe('the count at the end of a CI run', () => {
  it('is the count of the tests', () => {
    const counted = tally({
      success: true,
      testResults: [file('passed', 'passed', 'passed'), file('passed', 'passed')],
    })
    expect(counted).toEqual({ passed: 3, failed: 0, notes: [] })
    expect(tally({ success: false, testResults: [file('failed', 'passed', 'failed')] })).toMatchObject({
      passed: 1,
      failed: 1,
    })
  })

  it('counts as failed what did not run', () => {
    expect(tally({})).toMatchObject({ passed: 0, failed: 1 })
    expect(tally({ success: true, testResults: [] })).toMatchObject({ passed: 0, failed: 1 })
    for (const status of ['skipped', 'pending', 'todo', 'disabled']) {
      const counted = tally({ success: true, testResults: [file('passed', 'passed', status)] })
      expect(counted).toMatchObject({ passed: 1, failed: 1 })
    }
  })

  it('counts a file that broke before its tests, and an error outside every test', () => {
    expect(tally({ success: false, testResults: [file('failed'), file('passed', 'passed')] })).toMatchObject({
      passed: 1,
      failed: 1,
    })
    expect(tally({ success: false, testResults: [file('passed', 'passed')] })).toMatchObject({ passed: 1, failed: 1 })
  })
})
