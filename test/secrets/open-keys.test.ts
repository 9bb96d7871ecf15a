import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateKeyFile, keyFileOf, readKeyFile } from '../../src/secrets/key-file.ts'
import { generateKey } from '../../src/secrets/key-ring.ts'
import { KeyRefused, keyMisfit, openKeys, readKeys } from '../../src/secrets/open-keys.ts'

let dataDir = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tributary-keys-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

function memory(): {
  getMeta(name: string): Promise<string | null>
  setMeta(name: string, value: string): Promise<void>
} {
  const kept = new Map<string, string>()
  return {
    getMeta: async (name) => kept.get(name) ?? null,
    setMeta: async (name, value) => void kept.set(name, value),
  }
}

describe('the key of a database', () => {
  it('is generated once for a new one, readable by its owner alone', async () => {
    const database = memory()
    const ring = await openKeys({ given: null, dataDir }, database)
    expect(statSync(keyFileOf(dataDir)).mode & 0o777).toBe(0o600)
    const again = await openKeys({ given: null, dataDir }, database)
    expect(again.current.id).toBe(ring.current.id)
    expect(readKeys({ given: null, dataDir })?.current.id).toBe(ring.current.id)
  })

  it('is not generated when one is given', async () => {
    await openKeys({ given: [generateKey()], dataDir }, memory())
    expect(readKeyFile(dataDir)).toEqual({ kind: 'absent' })
  })

  it('is refused when it does not fit, and the key file is left alone', async () => {
    const database = memory()
    await openKeys({ given: [generateKey()], dataDir }, database)
    const other = { given: [generateKey()], dataDir }
    await expect(openKeys(other, database)).rejects.toThrow(KeyRefused)
    await expect(openKeys(other, database)).rejects.toThrow(
      'The key in TRIBUTARY_SECRET_KEY does not fit this database',
    )
    expect(await keyMisfit(other, database)).toContain('does not fit this database')
  })

  it('is never generated over a database that had another one', async () => {
    const database = memory()
    await openKeys({ given: null, dataDir }, database)
    rmSync(keyFileOf(dataDir))
    await expect(openKeys({ given: null, dataDir }, database)).rejects.toThrow('The key of this database is missing')
    expect(readKeyFile(dataDir)).toEqual({ kind: 'absent' })
  })

  it('may be replaced by putting a new one in front', async () => {
    const database = memory()
    const old = generateKey()
    const fresh = generateKey()
    await openKeys({ given: [old], dataDir }, database)
    const ring = await openKeys({ given: [fresh, old], dataDir }, database)
    expect(ring.all).toHaveLength(2)
    await expect(openKeys({ given: [fresh], dataDir }, database)).rejects.toThrow(KeyRefused)
  })

  it('is kept when two starts generate it at once', () => {
    const first = generateKeyFile(dataDir)
    expect(generateKeyFile(dataDir)).toEqual(first)
    expect(first).toMatchObject({ kind: 'key', readableByOthers: false })
  })

  it('says what is wrong with its file', () => {
    writeFileSync(keyFileOf(dataDir), 'not a key\n')
    expect(() => readKeys({ given: null, dataDir })).toThrow('does not hold a key; put back the one from your backup')
    rmSync(keyFileOf(dataDir))
    generateKeyFile(dataDir)
    chmodSync(keyFileOf(dataDir), 0o644)
    expect(readKeyFile(dataDir)).toMatchObject({ kind: 'key', readableByOthers: true })
  })

  it('says so when the folder takes no file', () => {
    expect(generateKeyFile(join(dataDir, 'absent'))).toMatchObject({
      kind: 'unusable',
      reason: expect.stringContaining('cannot be written'),
    })
  })
})
