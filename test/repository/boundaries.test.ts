import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkBoundaries, ROOMS } from '../../tools/check-boundaries.ts'
import { listSources } from '../../tools/list-sources.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** A small product that keeps every rule: each test plants its violation in a copy of it. */
const CLEAN: Readonly<Record<string, string>> = {
  'package.json': '{"dependencies":{"fastify":"^5.0.0","undici":"^8.0.0","yaml":"^2.0.0","zod":"^4.0.0"}}',
  '.gitignore': 'node_modules/\n/data/\nignored/\n',
  'src/domain/money.ts': 'export interface Money { readonly micros: number }\n',
  'src/domain/ids.ts': "import { createHash } from 'node:crypto'\nexport const hash = createHash\n",
  'src/destinations/destination.ts': "import type { Money } from '../domain/money.ts'\nexport type Amount = Money\n",
  'src/destinations/outcome.ts': 'export const status = 200\n',
  'src/destinations/registry.ts':
    "export { segment } from './segment/segment.ts'\nexport { clevertap } from './clevertap/clevertap.ts'\n",
  'src/destinations/segment/segment.ts': "import { status } from '../outcome.ts'\nexport const segment = status\n",
  'src/destinations/clevertap/clevertap.ts': 'export const clevertap = 1\n',
  'src/stores/store.ts': 'export interface Store { readonly id: string }\n',
  'src/stores/registry.ts': "export { appStore } from './app-store/app-store.ts'\n",
  'src/stores/app-store/app-store.ts':
    "import { verify } from 'node:crypto'\nimport { get } from '../../net/client.ts'\nexport const appStore = [verify, get]\n",
  'src/net/client.ts': "import { request } from 'undici'\nexport const get = request\n",
  'src/storage/storage.ts': "import type { Money } from '../domain/money.ts'\nexport type Row = Money\n",
  'src/storage/sqlite/driver.ts':
    "import { Worker } from 'node:worker_threads'\nexport const start = () => new Worker(new URL('./writer.ts', import.meta.url))\n",
  'src/storage/sqlite/writer.ts': "import type { Row } from '../storage.ts'\nexport type Written = Row\n",
  'src/ingest/accept.ts':
    "import { appStore } from '../stores/registry.ts'\nimport type { Row } from '../storage/storage.ts'\nexport const accept = (row: Row) => [appStore, row]\n",
  'src/delivery/send.ts':
    "import { segment } from '../destinations/registry.ts'\nimport { get } from '../net/client.ts'\nexport const send = [segment, get, Date.now()]\n",
  'src/http/app.ts':
    "import fastify from 'fastify'\nimport { accept } from '../ingest/accept.ts'\nexport const app = [fastify, accept]\n",
  'src/stand-ins/server.ts': "import { createServer } from 'node:http'\nexport const serve = createServer\n",
  'src/config.ts': "import { z } from 'zod'\nexport const config = z.object({}).parse(process.env)\n",
  'src/cli/serve.ts': "import { main } from '../main.ts'\nconsole.log(main)\n",
  'src/main.ts':
    "import { start } from './storage/sqlite/driver.ts'\nimport { app } from './http/app.ts'\nexport const main = [start, app]\n",
}

let root = ''
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const problems = (): readonly string[] => checkBoundaries(root).problems

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'))
  for (const [path, text] of Object.entries(CLEAN)) write(path, text)
  for (const { at } of ROOMS) if (at.endsWith('/')) write(`${at}README.md`, `# ${at}\n`)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** [file, source, what the report must say about that file] */
type Planted = readonly [file: string, source: string, said: RegExp]

const IMPORTS: readonly Planted[] = [
  ['src/domain/a.ts', "import { get } from '../net/client.ts'", /domain may not import src\/net\/client\.ts/],
  ['src/domain/a.ts', "import type { Row } from '../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "import type { \n  Row, \n } from '../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "export type { Row } from '../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "export * from '../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "export * as s from '../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "import '../net/client.ts'", /domain may not import src\/net/],
  ['src/domain/a.ts', "export type R = import('../storage/storage.ts').Row", /domain may not import src\/storage/],
  ['src/domain/a.ts', "const a = await import('../net/client.ts')", /domain may not import src\/net/],
  ['src/domain/a.ts', 'const a = await import(`../net/client.ts`)', /domain may not import src\/net/],
  ['src/domain/a.ts', "const a = `${await import('../net/client.ts')}`", /domain may not import src\/net/],
  ['src/domain/a.ts', "import/* why */type{Row}from'../storage/storage.ts'", /domain may not import src\/storage/],
  ['src/domain/a.ts', "const a = /['\"`]/;import '../net/client.ts'", /domain may not import src\/net/],
  ['src/domain/a.ts', "if (a) /'/.test(b); import '../net/client.ts'", /domain may not import src\/net/],
  ['src/domain/a.ts', "const a = 1 / 2; import '../net/client.ts' // 1 / 2", /domain may not import src\/net/],
  [
    'src/domain/a.ts',
    "const w = new URL('../storage/sqlite/writer.ts', import.meta.url)",
    /domain may not import src\/storage/,
  ],
  ['src/domain/a.ts', "import { readFileSync } from 'node:fs'", /domain may not import node:fs/],
  ['src/domain/a.ts', "import { createHash } from 'node:crypto'", /domain may not import node:crypto/],
  ['src/domain/ids.ts', "import { randomUUID } from 'node:crypto'", /only createHash of node:crypto, not randomUUID/],
  ['src/domain/ids.ts', "import { createHash, randomUUID as createId } from 'node:crypto'", /not randomUUID/],
  ['src/domain/ids.ts', "import * as crypto from 'node:crypto'", /not \*/],
  ['src/domain/ids.ts', "import crypto from 'node:crypto'", /not default/],
  ['src/domain/a.ts', "import { z } from 'zod'", /domain may not import the package zod/],
  ['src/domain/a.ts', "import { z } from 'zod/mini'", /domain may not import the package zod/],
  ['src/domain/a.ts', "import fs from 'fs'", /write node:fs/],
  ['src/domain/a.ts', "const z = require('zod')", /domain may not import the package zod/],
  ['src/domain/a.ts', "import z = require('zod')", /domain may not import the package zod/],
  ['src/domain/a.ts', "const z = import.meta.resolve('zod')", /domain may not import the package zod/],
  ['src/domain/a.ts', "import x from 'data:text/javascript,1'", /by an absolute address/],
  ['src/domain/a.ts', "import { a } from './missing.ts'", /there is no file src\/domain\/missing\.ts/],
  ['src/domain/a.ts', "import type { Money } from './money'", /there is no file src\/domain\/money/],
  ['src/domain/a.ts', "import { x } from '../../test/x.ts'", /outside src\//],
  [
    'src/destinations/segment/a.ts',
    "import { createHash } from 'node:crypto'",
    /destinations may not import node:crypto/,
  ],
  [
    'src/destinations/segment/a.ts',
    "import { get } from '../../net/client.ts'",
    /destinations may not import src\/net/,
  ],
  ['src/destinations/segment/a.ts', "import { clevertap } from '../clevertap/clevertap.ts'", /stand alone/],
  ['src/destinations/a.ts', "import { clevertap } from './clevertap/clevertap.ts'", /stand alone/],
  ['src/stores/app-store/a.ts', "import { readFileSync } from 'node:fs'", /stores may not import node:fs/],
  [
    'src/stores/app-store/a.ts',
    "import type { Row } from '../../storage/storage.ts'",
    /stores may not import src\/storage/,
  ],
  ['src/customers/a.ts', "import type { Row } from '../storage/storage.ts'", /customers may not import src\/storage/],
  ['src/storage/a.ts', "import { DatabaseSync } from 'node:sqlite'", /storage may not import node:sqlite/],
  ['src/storage/storage.ts', "import type { Written } from './sqlite/writer.ts'", /stand alone/],
  ['src/secrets/a.ts', "import type { Money } from '../domain/money.ts'", /secrets may not import src\/domain/],
  ['src/net/a.ts', "import type { Money } from '../domain/money.ts'", /net may not import src\/domain/],
  ['src/settings/a.ts', "import { segment } from '../destinations/segment/segment.ts'", /its door is .*registry\.ts/],
  ['src/settings/a.ts', "import { get } from '../net/client.ts'", /settings may not import src\/net/],
  [
    'src/ingest/a.ts',
    "import { appStore } from '../stores/app-store/app-store.ts'",
    /ingest may not import src\/stores/,
  ],
  ['src/ingest/a.ts', "import { send } from '../delivery/send.ts'", /ingest may not import src\/delivery/],
  [
    'src/delivery/a.ts',
    "import { segment } from '../destinations/segment/segment.ts'",
    /delivery may not import src\/dest/,
  ],
  [
    'src/delivery/a.ts',
    "import { status } from '../destinations/outcome.ts'",
    /delivery may not import src\/destinations/,
  ],
  ['src/delivery/a.ts', "import { start } from '../storage/sqlite/driver.ts'", /its door is src\/storage\/\*\.ts/],
  ['src/delivery/a.ts', "import { request } from 'undici'", /delivery may not import the package undici/],
  ['src/http/a.ts', "import { start } from '../storage/sqlite/driver.ts'", /http may not import src\/storage/],
  ['src/http/a.ts', "import { appStore } from '../stores/app-store/app-store.ts'", /http may not import src\/stores/],
  ['src/http/a.ts', "import { config } from '../config.ts'", /http may not import src\/config\.ts/],
  ['src/stand-ins/a.ts', "import { get } from '../net/client.ts'", /stand-ins may not import src\/net/],
  ['src/stand-ins/a.ts', "import fastify from 'fastify'", /stand-ins may not import the package fastify/],
  ['src/config.ts', "import type { Money } from './domain/money.ts'", /config may not import src\/domain/],
  ['src/cli/a.ts', "import { suite } from 'vitest'", /not among the dependencies/],
]

const UNREADABLE: readonly Planted[] = [
  ['src/domain/a.ts', 'const a = await import(name)', /cannot be checked: an import whose address is computed/],
  ['src/domain/a.ts', "const a = await import('../net/' + name)", /computed/],
  ['src/domain/a.ts', 'const a = await import(`../net/${name}.ts`)', /computed/],
  ['src/domain/a.ts', "import '../n\\x65t/client.ts'", /holds an escape/],
  ['src/domain/a.ts', 'const a = pr\\u006fcess', /an escape outside a string/],
  ['src/domain/a.ts', '/// <reference path="../net/client.ts" />', /triple-slash/],
  ['src/domain/a.ts', 'export const a = (1', /"\(" is never closed/],
  ['src/domain/a.ts', 'export const a = [1)', /"\)" closes nothing/],
  ['src/domain/a.ts', "export const a = 'x", /a string is never closed/],
  ['src/domain/a.ts', 'export const a = `x', /a template is never closed/],
  ['src/domain/a.ts', '/* export const a = 1', /a comment is never closed/],
]

const EXPRESSIONS: readonly Planted[] = [
  ['src/domain/a.ts', 'export const a = Date.now()', /uses Date\.now: there is no clock/],
  ['src/domain/a.ts', 'export const a = new Date()', /no clock/],
  ['src/domain/a.ts', 'export const a = new Date', /no clock/],
  ['src/domain/a.ts', 'export const a = Date()', /no clock/],
  ['src/domain/a.ts', 'export const a = Math.random()', /no randomness/],
  ['src/domain/a.ts', 'export const a = crypto.randomUUID()', /no randomness/],
  ['src/domain/a.ts', 'export const a = performance.now()', /no clock/],
  ['src/domain/a.ts', 'export const a = globalThis.performance.now()', /no clock/],
  ['src/domain/a.ts', "export const a = await fetch('https://example.com')", /no input/],
  ['src/destinations/segment/a.ts', 'export const a = Date.now()', /no clock/],
  ['src/destinations/segment/a.ts', 'export const a = `at ${Date.now()}`', /no clock/],
  ['src/destinations/segment/a.ts', 'export const a = Math.random()', /no randomness/],
  ['src/http/a.ts', 'export const a = process.env.PORT', /only src\/config\.ts reads the environment/],
  ['src/http/a.ts', 'export const a = globalThis.process?.env', /only src\/config\.ts/],
  ['src/http/a.ts', "export const a = process['env']", /only src\/config\.ts/],
  ['src/http/a.ts', 'const { env } = process\nexport { env }', /only src\/config\.ts/],
  ['src/cli/a.ts', 'export const a = process.env.HOME', /a comment "environment: why" allows it/],
  ['src/http/a.ts', "console.log('x')", /only commands print/],
  ['src/stand-ins/a.ts', "console.log('x')", /only commands print/],
  ['src/cli/a.ts', "import { createRequire } from 'node:module'", /loads code that this check cannot see/],
  ['src/cli/a.ts', "process.getBuiltinModule('fs')", /loads code that this check cannot see/],
  ['src/cli/a.ts', "eval('1')", /loads code that this check cannot see/],
]

describe('the boundary lint', () => {
  it('passes a product that keeps every rule, and has read all of it', () => {
    const { files, problems } = checkBoundaries(root)
    expect(problems).toEqual([])
    expect(files).toBe(Object.keys(CLEAN).filter((path) => path.endsWith('.ts')).length)
  })

  it.each([...IMPORTS, ...UNREADABLE, ...EXPRESSIONS])('catches in %s: %s', (file, source, said) => {
    write(file, `${source}\n`)
    const about = problems().filter((problem) => problem.startsWith(`${file}:`))
    expect(about.join('\n')).toMatch(said)
  })

  it('names the line', () => {
    write('src/domain/a.ts', "const text = `\n\n`\n/*\n*/\nimport '../net/client.ts'\n")
    expect(problems()).toEqual([expect.stringMatching(/^src\/domain\/a\.ts:6: /)])
  })

  it('does not take text, comments and names of properties for code', () => {
    write(
      'src/domain/a.ts',
      [
        "// import { get } from '../net/client.ts' and Date.now()",
        "/* import '../net/client.ts' */",
        'export const text = "import \'../net/client.ts\'; Date.now()"',
        "export const template = `import '../net/client.ts' ${1 / 2} Math.random()`",
        "export const pattern = /import '..\\/net\\/client.ts' [/`]/g",
        'export interface Run { readonly performance: number; process?: string; fetch(): number }',
        'export const read = (run: Run) => [run.performance, run.process, run.fetch(), new Date(0), Date.UTC(2026)]',
        'export const half = (a: number[], b: () => number) => [(a[0] ?? 0) / 2, b() / 2]',
        '',
      ].join('\n'),
    )
    const found = problems()
    expect(found.filter((problem) => !problem.includes('uses fetch'))).toEqual([])
  })

  it('lets a command read the environment where a comment gives the reason', () => {
    write('src/cli/a.ts', '// environment: the child process inherits it\nexport const a = process.env\n')
    expect(problems()).toEqual([])
    write('src/http/a.ts', '// environment: no reason counts here\nexport const a = process.env\n')
    expect(problems()).toHaveLength(1)
  })

  it('lets only the main of a stand-in print', () => {
    write('src/stand-ins/app-store/main.ts', "console.log('listening')\n")
    expect(problems()).toEqual([])
  })

  it('refuses a file in an unknown room, at the top too', () => {
    write('src/helpers/a.ts', 'export const a = 1\n')
    write('src/extra.ts', 'export const a = 1\n')
    expect(problems()).toEqual([
      expect.stringMatching(/^src\/extra\.ts: lies in no room/),
      expect.stringMatching(/^src\/helpers\/a\.ts: lies in no room/),
    ])
  })

  it('refuses a file of more than 400 lines', () => {
    write('src/domain/a.ts', `${'export {}\n'.repeat(400)}`)
    expect(problems()).toEqual([])
    write('src/domain/a.ts', `${'export {}\n'.repeat(401)}`)
    expect(problems()).toEqual([expect.stringMatching(/has 401 lines, at most 400/)])
  })

  it('refuses source that is not .ts', () => {
    const names = ['a.js', 'a.mjs', 'a.cts', 'a.tsx', 'a.d.ts', 'a.node']
    for (const name of names) write(`src/domain/${name}`, 'export {}\n')
    expect(problems()).toHaveLength(names.length)
  })

  it('refuses a room without a README', () => {
    rmSync(join(root, 'src/delivery/README.md'))
    expect(problems()).toEqual([expect.stringMatching(/the delivery room has no README\.md/)])
  })
})

describe('a file that the lint does not see', () => {
  const git = (...command: readonly string[]): void => {
    const { status, stderr } = spawnSync('git', ['-C', root, ...command], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }

  it('fails it when the reader misses a file that is on disk', () => {
    write('src/domain/.hidden.ts', "import '../net/client.ts'\n")
    expect(problems()).toEqual([expect.stringMatching(/^src\/domain\/\.hidden\.ts:1: domain may not import/)])
  })

  it('fails it when git ignores the file, tracked or new files aside', () => {
    git('init', '--quiet')
    git('add', 'src/domain')
    write('src/domain/new.ts', 'export const a = 1\n')
    expect(problems()).toEqual([])
    write('src/domain/ignored/a.ts', 'export const a = 1\n')
    expect(problems()).toEqual([expect.stringMatching(/^src\/domain\/ignored\/a\.ts: .*not known to git/)])
  })

  it('fails it when a link hides a folder', () => {
    mkdirSync(join(root, 'elsewhere'))
    writeFileSync(join(root, 'elsewhere/a.ts'), "import '../net/client.ts'\n")
    symlinkSync(join(root, 'elsewhere'), join(root, 'src/domain/linked'))
    expect(problems()).toContainEqual(expect.stringMatching(/^src\/domain\/linked: is neither a file nor a folder/))
  })

  it('fails it when there is nothing to see', () => {
    rmSync(join(root, 'src'), { recursive: true })
    mkdirSync(join(root, 'src'))
    expect(problems()).toEqual(['src/: holds no source file, so nothing was checked'])
  })

  it('ends the command with exit code 1 and the report on stderr', () => {
    cpSync(join(REPOSITORY, 'tools'), join(root, 'tools'), { recursive: true })
    write('dashboard/src/main.ts', "import './main.ts'\n")
    const run = () => spawnSync(process.execPath, ['tools/check-boundaries.ts'], { cwd: root, encoding: 'utf8' })
    expect(run().status).toBe(0)
    write('src/domain/a.ts', "import '../net/client.ts'\n")
    const failed = run()
    expect(failed.status).toBe(1)
    expect(failed.stderr).toMatch(/src\/domain\/a\.ts:1: domain may not import/)
  })
})

describe('this repository', () => {
  it('has as many source files as the lint reads, all in known rooms', () => {
    const { files, problems } = listSources(REPOSITORY)
    expect(problems).toEqual([])
    expect(files.length).toBeGreaterThan(10)
  })
})
