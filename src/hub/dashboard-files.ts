import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DashboardFile, DashboardFiles } from '../http/routes/dashboard.ts'

/** Where the build lies, seen from src/hub/ and from dist/hub/ alike. */
const BUILT = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** The built dashboard, about 2 MB with its compressed copies; null: nobody has built it. */
export function readDashboard(folder = BUILT): DashboardFiles | null {
  if (!existsSync(join(folder, 'index.html'))) return null
  const files = new Map<string, DashboardFile>()
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(path)]
    if (type === undefined) continue
    const at = join(folder, path)
    files.set(`/${path.replaceAll('\\', '/')}`, {
      type,
      bytes: readFileSync(at),
      br: copyOf(`${at}.br`),
      gzip: copyOf(`${at}.gz`),
    })
  }
  return { page: readFileSync(join(folder, 'index.html'), 'utf8'), files }
}

function copyOf(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null
}
