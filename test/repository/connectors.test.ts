import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { storeDeclarations } from '../../src/stores/registry.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const foldersOf = (path: string): readonly string[] =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

/** What a connector consists of; whoever adds one touches nothing else. */
const KINDS = [
  { room: 'src/destinations', tests: 'test/destinations', pages: 'docs/integrations', known: ['clevertap', 'segment'] },
  {
    room: 'src/stores',
    tests: 'test/stores',
    pages: 'docs/stores',
    known: ['amazon', 'app-store', 'play-store', 'revenuecat', 'stripe'],
  },
]

describe('a store', () => {
  it.each(storeDeclarations)('$name says what to do at it, in sentences that name the address', ({ steps }) => {
    expect(steps.length).toBeGreaterThanOrEqual(3)
    for (const step of steps) expect(step).toMatch(/^[A-Z].*[.]$/)
    expect(steps.join(' ')).toContain('{url}')
  })
})

describe.each(KINDS)('a connector in $room', ({ room, tests, pages, known }) => {
  it('is a folder, a line in the registry, a conformance test and a page', () => {
    const folders = foldersOf(room)
    expect(folders).toEqual(expect.arrayContaining(known))
    const registry = readFileSync(join(ROOT, room, 'registry.ts'), 'utf8')
    const registered = [...registry.matchAll(/from '\.\/([^/']+)\//g)].map(([, name]) => name)
    expect([...new Set(registered)].sort()).toEqual([...folders].sort())
    for (const name of folders) {
      expect(existsSync(join(ROOT, tests, name, 'conformance.test.ts')), `${tests}/${name}/conformance.test.ts`).toBe(
        true,
      )
      expect(existsSync(join(ROOT, pages, `${name}.md`)), `${pages}/${name}.md`).toBe(true)
    }
  })
})
