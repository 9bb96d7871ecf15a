import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Report {
  readonly success?: boolean
  readonly testResults?: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  /** What counts as failed without being a failed test, one sentence each. */
  readonly notes: readonly string[]
}

/**
 * Counts a report of vitest's JSON reporter. Nothing green is counted that did not run: a file that broke before its
 * tests, a skipped test, an error outside every test and an empty report are failures.
 */
export function tally(report: Report): Tally {
  const files = report.testResults ?? []
  const notes: string[] = []
  let passed = 0
  let failed = 0
  for (const { name, status, assertionResults } of files) {
    const unwell = assertionResults.filter((test) => test.status === 'failed').length
    const well = assertionResults.filter((test) => test.status === 'passed').length
    const skipped = assertionResults.length - well - unwell
    passed += well
    failed += unwell + skipped
    if (skipped > 0) notes.push(`${name}: ${skipped} tests did not run, which counts as failed.`)
    if (status === 'failed' && unwell === 0) {
      failed += 1
      notes.push(`${name}: failed outside its tests, which counts as one failed test.`)
    }
  }
  if (passed + failed === 0) return { passed, failed: 1, notes: ['No test ran, which counts as one failed test.'] }
  if (report.success !== true && failed === 0) {
    return { passed, failed: 1, notes: ['An error outside every test counts as one failed test.'] }
  }
  return { passed, failed, notes }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, notes } = tally(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report)
  for (const note of notes) console.error(note)
  console.log(`${passed} ${failed}`)
}
