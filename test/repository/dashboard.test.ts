import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readDashboard } from '../../src/hub/dashboard-files.ts'
import { checkDashboard } from '../../tools/check-dashboard.ts'
import { buildDashboardIfChanged, firstLoadBytes, MAX_FIRST_LOAD_BYTES } from '../../tools/dashboard.ts'
import { dashboardApi, SCHEMA_FILE } from '../../tools/dashboard-api.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

describe('the types of the API that the dashboard uses', () => {
  it('are those of the routes; after a change of a route "npm run dashboard:api" writes them', async () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8') === (await dashboardApi()), 'schema.d.ts is as the routes are').toBe(true)
  })
})

describe('the build of the dashboard', () => {
  beforeAll(() => {
    buildDashboardIfChanged()
  }, 120_000)

  it('is made once for the same sources', () => {
    expect(buildDashboardIfChanged()).toBe(false)
  })

  it.each(['.br', '.gz'] as const)('loads less JavaScript than the bar before the overview is there (%s)', (suffix) => {
    const bytes = firstLoadBytes(suffix)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(MAX_FIRST_LOAD_BYTES)
  })

  it('has no script and no style in its page, and a place for the nonce', () => {
    const built = readDashboard()
    expect(built?.page).toContain('<meta name="csp-nonce" content="">')
    expect(built?.page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)/)
    const names = [...(built?.files.keys() ?? [])]
    expect(names.filter((name) => /^\/assets\/[\w-]+-[\w-]{8}\.(js|css)$/.test(name)).length).toBeGreaterThan(20)
    expect(names.some((name) => name.includes('manifest') || name.includes('made-from'))).toBe(false)
  })

  it('is carried by the package', () => {
    const { files, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly files: readonly string[]
      readonly scripts: Readonly<Record<string, string>>
    }
    expect(files).toContain('dashboard/dist')
    expect(scripts.prepack).toContain('build')
    for (const name of ['prestart', 'predemo']) expect(scripts[name]).toBe('node tools/dashboard.ts --if-changed')
  })
})

describe('the boundary of the dashboard', () => {
  it('is kept', () => {
    const { files, problems } = checkDashboard(ROOT)
    expect(problems).toEqual([])
    expect(files).toBeGreaterThan(30)
  })

  it.each([
    ["import type { Field } from '../../src/domain/field.ts'\n", 'outside dashboard/src/'],
    ["import { readFileSync } from 'node:fs'\n", 'not among the devDependencies'],
    ["const page = await import('left-pad')\n", 'not among the devDependencies'],
    ["import { gone } from './gone.ts'\n", 'there is no file'],
    ['export const Bad = () => <p dangerouslySetInnerHTML={{ __html: x }} />\n', 'makes markup of text'],
    ['element.innerHTML = x\n', 'makes markup of text'],
    ['//\n'.repeat(401), 'at most 400'],
  ])('refuses %j', (text, fault) => {
    const root = mkdtempSync(join(tmpdir(), 'dashboard-'))
    try {
      cpSync(join(ROOT, 'package.json'), join(root, 'package.json'))
      const path = join(root, 'dashboard/src/planted.tsx')
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      expect(checkDashboard(root).problems.join('\n')).toContain(fault)
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})
