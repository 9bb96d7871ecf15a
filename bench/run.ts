import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { accept } from './accept.ts'
import { dashboard, dashboardPostgres } from './dashboard.ts'
import { drain } from './drain.ts'
import { latency } from './latency.ts'
import type { Result, Scenario } from './scenario.ts'
import { start } from './start.ts'
import { verify } from './verify.ts'
import { wholeJobAppStore, wholeJobPostgres, wholeJobStripe } from './whole-job.ts'

/** `npm run bench [-- scenario …] [--json]`. Exit 0 when every bar is met, 1 when one is not or a scenario cannot run, 2 for misuse. */
const SCENARIOS: readonly Scenario[] = [
  verify,
  wholeJobAppStore,
  wholeJobStripe,
  wholeJobPostgres,
  drain,
  accept,
  start,
  latency,
  dashboard,
  dashboardPostgres,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown.length > 0) {
  console.error(
    `There is no scenario ${unknown.join(', ')}: choose from ${SCENARIOS.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}

const say = (line: string): void => {
  if (!values.json) console.log(line)
}
const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')

say(
  `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${load()}`,
)
let failed = false
for (const scenario of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(scenario.name)) continue
  say(`\n${scenario.name}: ${scenario.about}`)
  const outcome = await scenario.run()
  if (outcome.kind === 'not run') {
    failed = true
    if (values.json) console.log(JSON.stringify({ scenario: scenario.name, ok: false, not_run: outcome.why }))
    else console.log(`  not run: ${outcome.why}`)
    continue
  }
  for (const line of new Set(outcome.results.flatMap(({ notes }) => notes))) say(`  ${line}`)
  for (const result of outcome.results) {
    failed ||= !result.ok
    console.log(values.json ? json(result) : row(result))
  }
}
say(`\nload at the end ${load()}`)
process.exitCode = failed ? 1 : 0

function json(result: Result): string {
  const { notes: _, ...line } = result
  return JSON.stringify(line)
}

function row(result: Result): string {
  const { scenario, ours, peer, peer_name, unit, ratio, bar, bar_is, ok } = result
  const verdict = ok ? 'met' : 'not met'
  return ratio === null
    ? `  ${scenario}: ${ours} ${unit}, the bar is ${bar_is} ${bar} (${verdict})`
    : `  ${scenario}: ours ${ours}, ${peer_name} ${peer} ${unit}: ${ratio}x, the bar is ${bar_is} ${bar}x (${verdict})`
}
