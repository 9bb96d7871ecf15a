import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { destinations } from '../../src/destinations/registry.ts'
import { catalogueOf } from '../../src/settings/catalogue.ts'
import { checkDocument } from '../../src/settings/declaration.ts'
import { type Problem, readDocument } from '../../src/settings/document.ts'
import { mintServiceAccount } from '../../src/stand-ins/play-store/google-keys.ts'
import { storeDeclarations } from '../../src/stores/registry.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CATALOGUE = catalogueOf(storeDeclarations, destinations.values())
const PRIVATE_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})
const SERVICE_ACCOUNT = mintServiceAccount().json

/** What a page may show of a config file: all of it, or one of these inside a project. */
const PARTS = [
  'version',
  'projects',
  'apps',
  'integrations',
  'entitlements',
  'offerings',
  'commission_rules',
  'tax_rules',
  'exchange_rates',
]

interface Block {
  readonly page: string
  readonly text: string
}

function blocks(): readonly Block[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path))
  const pages = ['README.md', ...docs].filter((path) => path.endsWith('.md'))
  return pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = '']) => ({
      page,
      text,
    })),
  )
}

/** A part of a config file (`apps:`, `integrations:`) inside a project; a whole file as it is. */
function whole(text: string): string {
  if (/^version:/m.test(text)) return text
  const inner = text.replace(/^(?=.)/gm, '    ')
  return /^projects:/m.test(text) ? `version: 1\n${text}` : `version: 1\nprojects:\n  - id: acme\n${inner}`
}

/** As `tributary config check` does, with every variable set and every file there. */
function problemsOf({ page, text }: Block): readonly Problem[] {
  const read = readDocument(whole(text), {
    name: page,
    // A value that every declared field takes: a secret key, an account, a passcode.
    env: () => 'sk_0123456789abcdef0123456789',
    file: (path) => (path.endsWith('.json') ? SERVICE_ACCOUNT : String(PRIVATE_KEY)),
  })
  if (read.kind === 'problems') return read.problems
  const checked = checkDocument(read.document, CATALOGUE, Date.UTC(2026, 10, 25))
  return checked.kind === 'problems' ? checked.problems : []
}

describe('config files in the documents', () => {
  it('are accepted as they stand', () => {
    const found = blocks().filter(({ text }) => new RegExp(`^(${PARTS.join('|')}):`, 'm').test(text))
    const refused = found.flatMap((block) => problemsOf(block).map((problem) => ({ page: block.page, ...problem })))
    expect(refused).toEqual([])
    expect(found.length).toBeGreaterThanOrEqual(6)
    expect(new Set(found.map(({ page }) => page)).size).toBeGreaterThanOrEqual(4)
  })

  it('are all of the YAML there is, and all of it is YAML', () => {
    for (const { page, text } of blocks()) {
      const keys = Object.keys(parse(text) as object)
      expect(
        keys.every((key) => PARTS.includes(key)),
        `${page}: ${keys.join(', ')}`,
      ).toBe(true)
    }
  })

  it('would be refused if one of their keys were wrong', () => {
    const [first] = blocks()
    expect(first?.page).toBe('README.md')
    const broken = { page: 'README.md', text: (first?.text ?? '').replace('bundle_id', 'bundleid') }
    expect(problemsOf(broken).map(({ path }) => path)).toContain('projects.acme.apps.ios.bundleid')
  })
})
