import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { settingsTable } from '../../src/config.ts'
import { blockNames, referenceBlocks, withBlocks } from '../../src/settings/reference.ts'
import { CATALOGUE, declarationOf, problemsOf } from './fixture.ts'

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))
const BLOCKS = new Map([...referenceBlocks(CATALOGUE), ['settings', settingsTable()]])
const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .map((path) => join(DOCS, path))
  .filter((path) => blockNames(readFileSync(path, 'utf8')).length > 0)

describe('the reference pages', () => {
  it('say what the code says (UPDATE_DOCS=1 writes them anew)', () => {
    expect(pages.length).toBeGreaterThanOrEqual(5)
    for (const path of pages) {
      const page = readFileSync(path, 'utf8')
      const fresh = withBlocks(page, BLOCKS)
      if (process.env.UPDATE_DOCS === '1') writeFileSync(path, fresh)
      else
        expect(page, `${path} is out of date: run UPDATE_DOCS=1 npx vitest run test/settings/reference.test.ts`).toBe(
          fresh,
        )
    }
  })

  it('leave no declared list out', () => {
    const shown = new Set(pages.flatMap((path) => blockNames(readFileSync(path, 'utf8'))))
    expect([...BLOCKS.keys()].filter((name) => !shown.has(name))).toEqual([])
  })

  it('show a sample that is accepted', () => {
    const page = readFileSync(join(DOCS, 'config-file.md'), 'utf8')
    const sample = /```yaml\n(version: 1[\s\S]*?)```/.exec(page)?.[1] ?? ''
    const filled = sample
      .replace('AuthKey_2X9R4HXF34.p8', 'AuthKey.p8')
      .replaceAll(/\$\{[A-Z_]+\}/g, 'sk_0123456789abcdef01234567')
    expect(problemsOf(filled)).toEqual([])
    expect(declarationOf(filled).projects[0]?.integrations).toHaveLength(2)
  })
})
