import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** Every document of the repository, as paths from its root. */
function documents(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path))
  return [...readdirSync(ROOT), ...below('docs'), ...below('src')].filter((path) => path.endsWith('.md'))
}

/** A heading as the anchor that a link names. */
function anchorOf(heading: string): string {
  const text = heading.replace(/[`*]/g, '').toLowerCase()
  return text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
}

describe('the documents', () => {
  it('link only to what is there', () => {
    const broken: string[] = []
    let seen = 0
    for (const path of documents()) {
      for (const [, link = ''] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(link)) continue
        seen += 1
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? path : join(dirname(path), file)
        if (!existsSync(join(ROOT, target))) broken.push(`${path} → ${link}`)
        else if (anchor !== undefined && target.endsWith('.md')) {
          const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
          if (!anchors.includes(anchor)) broken.push(`${path} → ${link}`)
        }
      }
    }
    expect(broken).toEqual([])
    expect(seen).toBeGreaterThan(15)
  })

  it('are all in the index, each page once', () => {
    const index = [...read('docs/README.md').matchAll(/\]\(([^)\s#]+\.md)\)/g)].map(([, link = '']) =>
      join('docs', link),
    )
    const pages = documents().filter((path) => path.startsWith('docs/') && !path.startsWith('docs/decisions/'))
    expect(pages.filter((path) => path !== 'docs/README.md' && !index.includes(path))).toEqual([])
    expect(new Set(index).size).toBe(index.length)
    expect(pages.length).toBeGreaterThan(12)
  })

  it('name only npm scripts that exist', () => {
    const missing: string[] = []
    let seen = 0
    for (const path of documents()) {
      for (const [, name = ''] of read(path).matchAll(/\bnpm (?:run )?((?:test|start)\b|(?<=run )[a-z:]+)/g)) {
        seen += 1
        if (manifest.scripts[name] === undefined) missing.push(`${path}: npm run ${name}`)
      }
    }
    expect(missing).toEqual([])
    expect(seen).toBeGreaterThan(15)
  })

  it('have a changelog with an unreleased section that says what destinations will see', () => {
    const releases = read('CHANGELOG.md').split(/^## /m).slice(1)
    expect(releases[0]).toMatch(/^\[Unreleased\]/)
    for (const release of releases) expect(release).toContain('### What destinations will see')
  })

  it('have a map of every room and every file to imitate', () => {
    const agents = read('AGENTS.md')
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(rooms.length).toBeGreaterThan(3)
    for (const { name } of rooms) expect(agents).toContain(`\`src/${name}/\``)
    const paths = [...agents.matchAll(/`((?:src|test|tools|docs)\/[\w./-]+\.(?:ts|md))`/g)].map(([, path = '']) => path)
    expect(paths.length).toBeGreaterThan(8)
    for (const path of paths) expect(existsSync(join(ROOT, path)), path).toBe(true)
  })
})

describe('the decision records', () => {
  const records = readdirSync(join(ROOT, 'docs/decisions')).sort()

  it('are numbered, titled and in four sections', () => {
    expect(records.length).toBeGreaterThanOrEqual(4)
    const numbers = records.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])
    expect(numbers).not.toContain(undefined)
    expect(new Set(numbers).size).toBe(records.length)
    for (const name of records) {
      const text = read(`docs/decisions/${name}`)
      expect(text, name).toMatch(new RegExp(`^# 0*${Number(name.slice(0, 4))}[.:]? .+\\n`))
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
      expect(headings.join(', '), name).toMatch(/^Context, Decision, Consequences?, Held by$/)
    }
  })

  it('name lints and tests that exist', () => {
    let seen = 0
    for (const name of records) {
      const [, held = ''] = read(`docs/decisions/${name}`).split('## Held by')
      for (const [, path = ''] of held.matchAll(/`((?:src|test|tools)\/[\w./-]+)`/g)) {
        expect(existsSync(join(ROOT, path)), `${name}: ${path}`).toBe(true)
        seen += 1
      }
    }
    expect(seen).toBeGreaterThan(4)
  })

  it('give every dependency its line, in the right table', () => {
    const [, production = '', development = ''] = read('docs/decisions/0003-dependencies.md').split(
      /^\| (?:production|development) \|/m,
    )
    const namesIn = (table: string): readonly string[] =>
      [...table.matchAll(/^\| `([^`]+)` \| .{10,}/gm)].map(([, name = '']) => name).sort()
    expect(namesIn(production)).toEqual(Object.keys(manifest.dependencies).sort())
    expect(namesIn(development)).toEqual(Object.keys(manifest.devDependencies).sort())
  })
})
