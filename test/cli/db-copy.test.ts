import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openKeys } from '../../src/secrets/open-keys.ts'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { fill, seen } from '../storage/filled.ts'
import { type Ended, type Machine, machine } from './running.ts'

let cluster: Cluster
let here: Machine
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())
beforeEach(() => {
  here = machine()
})
afterEach(() => here.dispose())

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64')

function expectSentence(ended: Ended, words: RegExp, code = 1): void {
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+|Error:/)
  expect([ended.code, ended.stdout]).toEqual([code, ''])
}

const folder = (name: string): string => join(here.folder, name)

/** A data folder with something of everything and a key that it knows. */
async function filled(): Promise<string> {
  const storage = await openEmbedded({ folder: folder('first') })
  await openKeys({ given: null, dataDir: folder('first') }, storage)
  await fill(storage)
  await storage.close()
  return `embedded:${folder('first')}`
}

const secretOf = (name: string): string => readFileSync(join(folder(name), 'secret.key'), 'utf8').trim()

function copy(from: string, to: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return here.run(['db', 'copy', '--from', from, '--to', to], env)
}

describe('db copy', () => {
  it('goes to PostgreSQL and back, says what it did and what is next', async () => {
    const from = await filled()
    const url = await cluster.createDatabase()
    const there = await copy(from, url)
    expect([there.code, there.stderr]).toEqual([0, ''])
    expect(there.stdout).toMatch(/^ {2}deliveries +26 {2}[0-9a-f]{16}$/m)
    expect(there.stdout).toMatch(/Copied \d+ rows .*; read back, number and hash of every table agree\.\n/)
    expect(there.stdout).toContain(`TRIBUTARY_SECRET_KEY to what ${join(folder('first'), 'secret.key')} holds`)
    expect(there.stdout).toMatch(
      /Do not start a hub on .*first again: what waits there would be sent a second time\.\n$/,
    )

    const back = await copy(url, `embedded:${folder('second')}`, { TRIBUTARY_SECRET_KEY: secretOf('first') })
    expect([back.code, back.stderr]).toEqual([0, ''])
    const hashes = (text: string): readonly string[] => text.match(/^ {2}\w+ +[\d,]+ {2}[0-9a-f]{16}$/gm) ?? []
    expect(hashes(there.stdout).length).toBeGreaterThan(20)
    expect(hashes(back.stdout)).toEqual(hashes(there.stdout))
    const [a, b] = await Promise.all(
      ['first', 'second'].map((name) => openEmbedded({ folder: folder(name), readOnly: true })),
    )
    if (a === undefined || b === undefined) throw new Error('not open')
    expect(JSON.stringify(await seen(b)).replaceAll('\uFFFD', '\\u0000')).toBe(JSON.stringify(await seen(a)))
    await Promise.all([a.close(), b.close()])
  })

  it('refuses a target that holds something, and changes nothing there', async () => {
    const from = await filled()
    const url = await cluster.createDatabase()
    expect(await copy(from, url)).toMatchObject({ code: 0 })
    expectSentence(
      await copy(from, url),
      /^The database at .* is not empty \(meta\): copy into a new one, or drop the schema/,
    )
    mkdirSync(folder('second'))
    writeFileSync(join(folder('second'), 'tributary.db'), 'precious')
    expectSentence(
      await copy(url, `embedded:${folder('second')}`, { TRIBUTARY_SECRET_KEY: secretOf('first') }),
      /second holds a database already: move it away/,
    )
    expect(readFileSync(join(folder('second'), 'tributary.db'), 'utf8')).toBe('precious')
  })

  it('refuses databases on which a hub runs', async () => {
    const url = await cluster.createDatabase()
    const hub = await here.serve()
    expectSentence(await copy(`embedded:${here.dataDir}`, url), /^Another Tributary is running on the data folder/)
    await hub.stop()
    const process = await openPostgres({ url, migrate: true })
    const words = /^1 process\(es\) of a hub have the database at .* open: stop them all/
    expectSentence(await copy(await filled(), url), words)
    expectSentence(await copy(url, `embedded:${folder('second')}`, { TRIBUTARY_SECRET_KEY: key(1) }), words)
    await process.close()
    expect(existsSync(join(folder('second'), 'tributary.db'))).toBe(false)
  })

  it('refuses a key that does not fit, and none', async () => {
    const from = await filled()
    const url = await cluster.createDatabase()
    expectSentence(
      await copy(from, url, { TRIBUTARY_SECRET_KEY: key(7) }),
      /^The key in TRIBUTARY_SECRET_KEY does not fit .*first; give the one that the hub had\.$/m,
    )
    expect(cluster.sql(url, `SELECT count(*) FROM pg_namespace WHERE nspname = 'tributary'`)).toBe('0')
    expect(await copy(from, url)).toMatchObject({ code: 0 })
    expectSentence(
      await copy(url, `embedded:${folder('second')}`),
      /^The secret key of .* is missing; set TRIBUTARY_SECRET_KEY to the one that its hub uses\.$/m,
    )
  })

  it('refuses a source that is not there, or of another schema', async () => {
    const url = await cluster.createDatabase()
    expectSentence(
      await copy(`embedded:${folder('none')}`, url),
      /^There is no database in .*none: name the data folder/,
    )
    expectSentence(
      await copy(url, `embedded:${folder('second')}`),
      /has no schema of this version: run "tributary migrate"/,
    )
    const from = await filled()
    const db = new DatabaseSync(join(folder('first'), 'tributary.db'))
    db.exec('PRAGMA user_version = 999')
    db.close()
    expectSentence(await copy(from, url), /was written by a newer Tributary \(schema 999/)
  })

  it('says so when PostgreSQL does not answer, and shows no password', async () => {
    const ended = await copy(await filled(), 'postgres://ann:canary@127.0.0.1:9/db')
    expectSentence(ended, /^PostgreSQL at 127\.0\.0\.1:9\/db does not answer \(ECONNREFUSED\): start it/)
    expect(ended.stderr).not.toContain('canary')
  })

  it('answers wrong usage with one sentence and 2', async () => {
    expectSentence(await copy('data', 'postgres://h/d'), /^--from must be embedded:FOLDER or postgres:\/\/user@host/, 2)
    expectSentence(await copy('embedded:a', 'embedded:b'), /^Both databases are embedded; use tributary backup/, 2)
    expectSentence(await copy('postgres://a/b', 'postgres://c/d'), /^Both databases are PostgreSQL; use pg_dump/, 2)
    expectSentence(await here.run(['db', 'copy', '--from', 'embedded:a']), /^Required option '--to <database>' not/, 2)
  })
})
