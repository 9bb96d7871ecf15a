import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { erase } from '../../src/ingest/erasure.ts'
import { openKeys } from '../../src/secrets/open-keys.ts'
import { openEmbedded } from '../../src/storage/sqlite/open.ts'
import { customer, NOW, save } from '../storage/samples.ts'
import { type Ended, type Machine, machine } from './running.ts'

let here: Machine
let other: Machine
beforeEach(() => {
  here = machine()
  other = machine()
})
afterEach(() => Promise.all([here.dispose(), other.dispose()]))

const inFolder = (name: string): string => join(here.folder, name)
const list = (folder: string): string => join(folder, 'erased.jsonl')

function expectSentence(ended: Ended, words: RegExp, code = 1): void {
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
  expect([ended.code, ended.stdout]).toEqual([code, ''])
}

/** Two customers, a backup of them, and then one of the two erased. */
async function erasedSinceBackup(): Promise<string> {
  const storage = await openEmbedded({ folder: here.dataDir })
  const ring = await openKeys({ given: null, dataDir: here.dataDir }, storage)
  await save(storage, { customers: [customer('gone', { aliases: ['gone', 'gone-too'] }), customer('ann')] })
  const backup = inFolder('backup.db')
  const made = await here.run(['backup', '--to', backup])
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(await erase('acme', 'gone', { storage, ring, now: () => NOW + 1 })).toBe('erased')
  await storage.close()
  const saved = await here.run(['erase', '--save', list(here.folder)])
  expect([saved.code, saved.stderr]).toEqual([0, ''])
  expect(saved.stdout).toContain('2 ids of people who were erased')
  return backup
}

async function idsIn(folder: string): Promise<readonly string[]> {
  const storage = await openEmbedded({ folder, readOnly: true })
  const search = (query: string) => storage.searchCustomers({ projectId: 'acme', query, after: null, limit: 10 })
  const pages = [await search(''), await search('$erased:')]
  await storage.close()
  return pages
    .flatMap(({ items }) => items)
    .flatMap(({ aliases }) => aliases)
    .map((id) => (id.startsWith('$erased:') ? '$erased' : id))
    .sort()
}

describe('the list of people who were erased', { timeout: 120_000 }, () => {
  it('holds no ids, and is applied to a database that is older', async () => {
    const backup = await erasedSinceBackup()
    expect(readFileSync(list(here.folder), 'utf8')).not.toContain('gone')
    const restored = await other.run(['restore', '--from', backup, '--key', join(here.dataDir, 'secret.key')])
    expect(restored.stdout).toContain('put the erased.jsonl of the hub into the folder')
    expect(await idsIn(other.dataDir)).toEqual(['ann', 'gone', 'gone-too'])
    const applied = await other.run(['erase', '--list', list(here.folder)])
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(applied.stdout).toContain('1 customers of 2 ids on the list')
    expect(await idsIn(other.dataDir)).toEqual(['$erased', 'ann'])
    expect((await other.run(['erase', '--list', list(here.folder)])).stdout).toContain('0 customers of 2 ids')
  })

  it('comes with a restore, and the next start applies it', async () => {
    const backup = await erasedSinceBackup()
    const key = ['--key', join(here.dataDir, 'secret.key')]
    const restored = await other.run(['restore', '--from', backup, ...key, '--erased', list(here.folder)])
    expect([restored.code, restored.stderr]).toEqual([0, ''])
    expect(restored.stdout).toContain('2 erased ids are on the list that the next start applies')
    expect(existsSync(list(other.dataDir))).toBe(true)
    const hub = await other.serve()
    expectSentence(await other.run(['erase', '--list', list(here.folder)]), /The hub runs on .*stop it first\.$/m)
    await hub.stop()
    expect(await idsIn(other.dataDir)).toEqual(['$erased', 'ann'])
  })

  it('is refused with a sentence where it cannot be used', async () => {
    await erasedSinceBackup()
    expectSentence(await here.run(['erase']), /Name one of --save FILE and --list FILE/, 2)
    expectSentence(await here.run(['erase', '--save', list(here.folder)]), /exists already/)
    expectSentence(await here.run(['erase', '--list', inFolder('none')]), /There is no file/)
    const withKey = ['--key', join(here.dataDir, 'secret.key')]
    writeFileSync(inFolder('empty'), 'nothing\n{}\n')
    expectSentence(await here.run(['erase', '--list', inFolder('empty')]), /holds no list of erased people/)
    const keyless = await other.run([
      'restore',
      '--from',
      inFolder('backup.db'),
      ...withKey,
      '--erased',
      inFolder('none'),
    ])
    expectSentence(keyless, /There is no file .*name the erased\.jsonl/)
    copyFileSync(list(here.folder), inFolder('copy'))
    const env = { TRIBUTARY_SECRET_KEY: Buffer.alloc(32, 9).toString('base64') }
    expectSentence(await other.run(['erase', '--list', inFolder('copy')], env), /under a key that is not given/)
  })
})
