import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

/** The one folder package: it brings Node.js 24 (docs/decisions/0002-node-from-npm.md). */
const TOOLCHAIN = 'tools/node'

/**
 * What `npm ci` does not say: npm leaves an optional dependency that does not exist out of the lockfile without a word,
 * writes the address of whatever registry was set when it was made, and runs install scripts.
 */
export function checkLockfile(root: string): readonly string[] {
  const lock = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')) as {
    readonly packages?: Readonly<Record<string, LockedPackage>>
  }
  const toolchain = JSON.parse(readFileSync(`${root}/${TOOLCHAIN}/package.json`, 'utf8')) as {
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  const packages = lock.packages ?? {}
  const problems: string[] = []
  const wanted = Object.entries(toolchain.optionalDependencies ?? {})
  if (wanted.length === 0)
    problems.push(`${TOOLCHAIN}/package.json lists no optionalDependencies, so npm brings no Node.js`)
  for (const [name, version] of wanted) {
    const locked = packages[`node_modules/${name}`]?.version
    if (!/^\d+\.\d+\.\d+$/.test(version)) {
      problems.push(`${TOOLCHAIN}/package.json: ${name} must be an exact version, not "${version}"`)
    } else if (locked !== version) {
      problems.push(
        `package-lock.json has ${locked === undefined ? 'no' : `version ${locked} of`} ${name}, but ${TOOLCHAIN}/package.json wants ${version}; take a version that exists and run npm install`,
      )
    }
  }
  for (const [path, locked] of Object.entries(packages)) {
    if (path !== '' && path !== TOOLCHAIN) problems.push(...judge(path, locked))
  }
  return problems
}

function judge(path: string, locked: LockedPackage): readonly string[] {
  const problems: string[] = []
  if (locked.link === true) {
    if (locked.resolved !== TOOLCHAIN) problems.push(`${path}: links to a folder; only ${TOOLCHAIN} may be one`)
    return problems
  }
  if (locked.resolved !== undefined) {
    problems.push(`${path}: package-lock.json names an address; run "npm install" with the .npmrc of this repository`)
  }
  if (locked.integrity === undefined) problems.push(`${path}: package-lock.json has no integrity hash; run npm install`)
  if (locked.dev === true) return problems
  if (locked.hasInstallScript === true) {
    problems.push(`${path}: a production dependency runs an install script; do without it`)
  }
  if (locked.os !== undefined || locked.cpu !== undefined) {
    problems.push(`${path}: a production dependency is made for one platform, a native addon; do without it`)
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkLockfile(fileURLToPath(new URL('..', import.meta.url)))
  for (const problem of problems) console.error(problem)
  console.log(`lockfile: ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
