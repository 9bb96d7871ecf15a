import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../tools/build.ts'
import { listSources } from '../../tools/list-sources.ts'
import { scanSource } from '../../tools/scan-source.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('the compiled package', () => {
  let out = ''
  let modules = 0
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'dist-'))
    modules = build(out).modules
  })
  afterAll(() => rmSync(out, { recursive: true, force: true }))

  it('holds a module for every source file, and each finds what it imports', () => {
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' })
    const compiled = files.filter((path) => path.endsWith('.js'))
    expect(modules).toBe(listSources(ROOT).files.length)
    expect(compiled.length).toBe(modules)
    const there = new Set(files)
    let edges = 0
    for (const path of compiled) {
      const { imports, unreadable } = scanSource(readFileSync(join(out, path), 'utf8'))
      expect(unreadable, path).toEqual([])
      for (const { specifier } of imports.filter((one) => one.specifier.startsWith('./'))) {
        expect(there, `${path} imports ${specifier}`).toContain(join(dirname(path), specifier))
        edges += 1
      }
    }
    expect(edges).toBeGreaterThan(5)
  })

  it('computes what the source computes', async () => {
    const money = (await import(pathToFileURL(join(out, 'domain/money.js')).href)) as {
      microsOfDecimal(text: string): number
    }
    expect(money.microsOfDecimal('4.99')).toBe(4_990_000)
  })
})
