import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, 'dashboard')
const OUT = join(FOLDER, 'dist')
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js')
/** What the build was made from; the next one is left out while it is the same. */
const STAMP = '.made-from'
/** Below this a compressed copy saves less than its headers cost. */
const WORTH_COMPRESSING = 1_024
const COMPRESSIBLE = /\.(js|css|svg|json)$/

/** The bar of the first load: what the sign-in and the overview need, compressed. */
export const MAX_FIRST_LOAD_BYTES = 250_000

interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
}

/** Builds dashboard/ to dashboard/dist, with a .br and a .gz beside each file that is worth it. */
export function buildDashboard(): void {
  const made = join(ROOT, `node_modules/.cache/dashboard-${process.pid}`)
  const stamp = sourceHash()
  // A process of its own: React is built for development wherever NODE_ENV says anything but production, as in tests.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [VITE, 'build', FOLDER, '--outDir', made, '--emptyOutDir', '--logLevel', 'error'],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  )
  if (status !== 0) throw new Error(`The dashboard could not be built: ${stdout}${stderr}`)
  for (const path of filesBelow(made)) {
    const bytes = readFileSync(path)
    if (!COMPRESSIBLE.test(path) || bytes.length < WORTH_COMPRESSING) continue
    const { BROTLI_PARAM_QUALITY: quality, BROTLI_MAX_QUALITY: most } = constants
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [quality]: most } }))
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
  writeFileSync(join(made, STAMP), stamp)
  putInPlace(made)
}

/** Two that build at once made the same; whoever is read meanwhile is read whole. */
function putInPlace(made: string): void {
  const old = `${made}-old`
  try {
    if (existsSync(OUT)) renameSync(OUT, old)
    renameSync(made, OUT)
  } catch (error) {
    if (!existsSync(join(OUT, STAMP))) throw error
  }
  for (const left of [old, made]) rmSync(left, { recursive: true, force: true })
}

/** Builds unless the last build was made of the same sources. Whether it built. */
export function buildDashboardIfChanged(): boolean {
  const stamp = join(OUT, STAMP)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash()) return false
  buildDashboard()
  return true
}

/**
 * Bytes of JavaScript, as compressed by `suffix`, that come before the overview is there: the entry with all that it
 * imports, in which the sign-in, the shell and the overview are.
 */
export function firstLoadBytes(suffix: '.br' | '.gz'): number {
  const manifest = JSON.parse(readFileSync(join(OUT, '.vite/manifest.json'), 'utf8')) as Readonly<Record<string, Chunk>>
  for (const page of FIRST_PAGES) {
    if (!existsSync(join(FOLDER, page)))
      throw new Error(`There is no ${page}; correct FIRST_PAGES in tools/dashboard.ts.`)
    if (manifest[page] !== undefined)
      throw new Error(`${page} is loaded apart; import it as it is in dashboard/src/router.tsx.`)
  }
  const wanted = new Set<string>()
  const take = (name: string): void => {
    const chunk = manifest[name]
    if (chunk === undefined) throw new Error(`The build has no ${name}; build the dashboard again.`)
    if (wanted.has(chunk.file)) return
    wanted.add(chunk.file)
    for (const one of chunk.imports ?? []) take(one)
  }
  take(Object.entries(manifest).find(([, { isEntry }]) => isEntry === true)?.[0] ?? 'index.html')
  const bytesOf = (file: string): number => {
    const packed = join(OUT, `${file}${suffix}`)
    return statSync(existsSync(packed) ? packed : join(OUT, file)).size
  }
  return [...wanted].reduce((sum, file) => sum + bytesOf(file), 0)
}

const FIRST_PAGES = ['src/pages/sign-in/SignInPage.tsx', 'src/shell/Shell.tsx', 'src/pages/overview/OverviewPage.tsx']

/** Of everything that a build reads, so that a pull or an edit is noticed and a touched file is not. */
function sourceHash(): string {
  const hash = createHash('sha256')
  const sources = filesBelow(FOLDER).filter((path) => !path.startsWith(OUT) && !path.endsWith('.md'))
  for (const path of [...sources, join(ROOT, 'package-lock.json')].sort())
    hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--clean') rmSync(OUT, { recursive: true, force: true })
  else if (process.argv[2] !== '--if-changed') buildDashboard()
  else if (buildDashboardIfChanged()) console.log('The dashboard was built from its sources.')
}
