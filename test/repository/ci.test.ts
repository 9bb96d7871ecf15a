import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Plays npm: `ci`, `run check` and `test` end as the environment says, and `test` leaves its report. */
const NPM = `#!/usr/bin/env bash
echo "npm $*"
if [ "$1" = ci ]; then exit "$CI_STATUS"; fi
if [ "$1" = run ]; then exit "$CHECK_STATUS"; fi
if [ -n "$REPORT" ]; then printf %s "$REPORT" > "\${!#//--outputFile.json=/}"; fi
exit "$TEST_STATUS"
`

const report = (passed: number, failed: number): string => {
  const tests = [...Array(passed).fill('passed'), ...Array(failed).fill('failed')].map((status) => ({ status }))
  const status = failed === 0 ? 'passed' : 'failed'
  return JSON.stringify({ success: failed === 0, testResults: [{ name: 'a', status, assertionResults: tests }] })
}

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ci-'))
  for (const path of ['.ci/run', 'tools/tally-tests.ts'])
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'))
  mkdirSync(join(root, 'fake'))
  writeFileSync(join(root, 'fake/npm'), NPM)
  chmodSync(join(root, 'fake/npm'), 0o755)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('.ci/run', () => {
  it.each([
    ['all is well', { REPORT: report(3, 0) }, '3 passed, 0 failed', 0],
    ['tests fail', { REPORT: report(2, 2), TEST_STATUS: '1' }, '2 passed, 2 failed', 1],
    ['only the checks fail', { REPORT: report(3, 0), CHECK_STATUS: '1' }, '3 passed, 1 failed', 1],
    ['checks and tests fail', { REPORT: report(2, 1), CHECK_STATUS: '1', TEST_STATUS: '1' }, '2 passed, 2 failed', 1],
    ['the install fails', { CI_STATUS: '1' }, '0 passed, 1 failed', 1],
    ['the tests leave no report', { REPORT: '', TEST_STATUS: '137' }, '0 passed, 1 failed', 1],
    ['the report is cut short', { REPORT: report(3, 0).slice(0, 40), TEST_STATUS: '137' }, '0 passed, 1 failed', 1],
    ['the tests end badly after a good report', { REPORT: report(3, 0), TEST_STATUS: '1' }, '3 passed, 1 failed', 1],
    ['nothing ran', { REPORT: report(0, 0) }, '0 passed, 1 failed', 1],
  ])('ends with the true count when %s', (_, given, last, status) => {
    const ran = spawnSync('bash', [join(root, '.ci/run')], {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: {
        PATH: `${join(root, 'fake')}:${process.env.PATH}`,
        CI_STATUS: '0',
        CHECK_STATUS: '0',
        TEST_STATUS: '0',
        REPORT: '',
        ...given,
      },
    })
    expect(ran.stdout.trimEnd().split('\n').at(-1), ran.stdout + ran.stderr).toBe(last)
    expect(ran.status).toBe(status)
  })
})
