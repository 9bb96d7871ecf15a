import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../../bin', import.meta.url))
const SENTENCE = /^Tributary needs Node\.js 22\.18 or newer and this is v[\d.]+: install Node\.js 24 [^\n]*\.\n$/

let root = ''
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const run = (node: string, ...options: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(node, options, { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}
/** Runs the command with this Node.js, which says that it is another version. */
const runAs = (version: string) =>
  run(
    process.execPath,
    '-e',
    `Object.defineProperty(process, 'version', { value: ${JSON.stringify(version)} }); require('./bin/tributary.cjs')`,
  )

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'start-'))
  cpSync(BIN, join(root, 'bin'), { recursive: true })
  write('package.json', '{"type":"module"}')
  write('src/cli/tributary.ts', "const from: string = 'source'\nconsole.log(from, process.argv.slice(2).join(' '))\n")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the command that starts everything', () => {
  it('runs from source, and hands on its arguments', () => {
    expect(run(process.execPath, 'bin/tributary.cjs', 'serve', '--help')).toEqual({
      status: 0,
      stdout: 'source serve --help\n',
      stderr: '',
    })
  })

  it('runs compiled JavaScript where there is some', () => {
    write('dist/cli/tributary.js', "console.log('compiled')\n")
    expect(run(process.execPath, 'bin/tributary.cjs').stdout).toBe('compiled\n')
  })

  it('fails when the program cannot be loaded', () => {
    write('src/cli/tributary.ts', "throw new Error('broken')\n")
    const { status, stderr } = run(process.execPath, 'bin/tributary.cjs')
    expect(status).toBe(1)
    expect(stderr).toContain('broken')
  })

  it.each(['v4.9.1', 'v18.20.0', 'v20.20.2', 'v22.9.0', 'v22.17.1'])('says one sentence on Node.js %s', (version) => {
    const { status, stdout, stderr } = runAs(version)
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(SENTENCE)
    expect(stderr).toContain(version)
  })

  it.each(['v22.18.0', 'v23.0.0', 'v24.21.0', 'v100.0.0'])('starts on Node.js %s', (version) => {
    expect(runAs(version)).toEqual({ status: 0, stdout: 'source \n', stderr: '' })
  })

  it('says it on every other Node.js of this machine that is too old, and starts on the rest', () => {
    const nodes = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
    for (const node of [...new Set(nodes)].filter((path) => existsSync(path))) {
      const version = run(node, '--version').stdout.trim()
      const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? []
      const old = Number(major) < 22 || (Number(major) === 22 && Number(minor) < 18)
      const { status, stdout, stderr } = run(node, 'bin/tributary.cjs')
      expect([version, status, stdout]).toEqual([version, old ? 1 : 0, old ? '' : 'source \n'])
      if (old) expect(stderr).toMatch(SENTENCE)
    }
  })

  it('checks the version in JavaScript that any Node.js can parse', () => {
    const text = readFileSync(join(BIN, 'require-node.cjs'), 'utf8')
    expect(text).not.toMatch(/=>|`|\?\.|\?\?|\b(const|let|class|async|await|import)\b/)
    const [first] = readFileSync(join(BIN, 'tributary.cjs'), 'utf8').match(/require\([^)]*\)/) ?? []
    expect(first).toBe("require('./require-node.cjs')")
  })
})
