import { spawnSync } from 'node:child_process'

/** All of them run, so that one report names everything. */
const CHECKS = ['lint', 'types', 'boundaries', 'dead', 'lockfile']

const failed = CHECKS.filter((name) => {
  console.log(`\n== check:${name}`)
  return spawnSync(`npm run --silent check:${name}`, { stdio: 'inherit', shell: true }).status !== 0
})
console.log(
  failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.map((name) => `check:${name}`).join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
