import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildDashboardIfChanged } from './dashboard.ts'
import { scanSource } from './scan-source.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes src/ as JavaScript to `out`, for the published package. Types are not checked here (`npm run check` does).
 * Beside the compiler's work: data files are copied, and `new URL('./worker.ts', import.meta.url)`, which the compiler
 * leaves alone, gets the new name.
 */
export function build(out: string): { readonly modules: number; readonly data: number } {
  rmSync(out, { recursive: true, force: true })
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', out, '--noCheck']
  const compiled = spawnSync(process.execPath, [compiler, ...options], { cwd: ROOT, encoding: 'utf8' })
  if (compiled.status !== 0) throw new Error(`the compiler failed: ${compiled.stdout}${compiled.stderr}`)
  let modules = 0
  let data = 0
  for (const path of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    const from = join(ROOT, 'src', path)
    if (!statSync(from).isFile() || path.endsWith('.md')) continue
    if (path.endsWith('.ts')) {
      finish(join(out, path.replace(/\.ts$/, '.js')))
      modules += 1
    } else {
      mkdirSync(dirname(join(out, path)), { recursive: true })
      cpSync(from, join(out, path))
      data += 1
    }
  }
  return { modules, data }
}

/** The worker URLs of one compiled module; throws where an address still ends in .ts afterwards. */
function finish(file: string): void {
  const text = readFileSync(file, 'utf8')
  const mended = text.replace(/(new URL\(\s*(['"])\.[^'"\n]*)\.ts(\2,\s*import\.meta\.url)/g, '$1.js$3')
  if (mended !== text) writeFileSync(file, mended)
  const left = scanSource(mended).imports.find(
    ({ specifier }) => specifier.startsWith('.') && specifier.endsWith('.ts'),
  )
  if (left !== undefined) throw new Error(`${file}:${left.line} still imports ${left.specifier}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = join(ROOT, 'dist')
  if (process.argv[2] === '--clean') rmSync(out, { recursive: true, force: true })
  else {
    const { modules, data } = build(out)
    console.log(`dist: ${modules} modules, ${data} data files`)
    // `files` of package.json names dashboard/dist: the package carries it built.
    buildDashboardIfChanged()
  }
}
