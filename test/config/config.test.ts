import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, type Environment, loadConfig, remoteWarnings } from '../../src/config.ts'
import { seed } from '../seed.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function problemsOf(source: Environment): readonly string[] {
  try {
    loadConfig(source)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

function fileWith(content: string): string {
  const path = join(folder, `value-${Math.abs(content.length)}`)
  writeFileSync(path, content)
  return path
}

const KEY = Buffer.alloc(32, 7).toString('base64')

describe('settings from the environment', () => {
  it('has the promised defaults', () => {
    const config = loadConfig({})
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 7070,
      admin: null,
      metrics: { host: '127.0.0.1', port: 7071 },
      baseUrl: 'http://127.0.0.1:7070',
      configFile: null,
      role: 'all',
      logLevel: 'info',
      trustProxy: [],
      appleRootCerts: null,
    })
    expect(config.dataDir).toBe(join(process.cwd(), 'data'))
    expect(config.secretKeys()).toBeNull()
    expect(Object.values(config.remotes)).toEqual(Array(12).fill(null))
  })

  it('takes every setting', () => {
    const config = loadConfig({
      TRIBUTARY_HOST: '::',
      TRIBUTARY_PORT: '0',
      TRIBUTARY_ADMIN_HOST: '10.0.0.1',
      TRIBUTARY_ADMIN_PORT: '8080',
      TRIBUTARY_METRICS_PORT: '9090',
      TRIBUTARY_BASE_URL: 'https://hub.example/',
      TRIBUTARY_DATA_DIR: '/var/lib/tributary',
      TRIBUTARY_SECRET_KEY: `${KEY}, ${Buffer.alloc(32, 8).toString('base64')}`,
      TRIBUTARY_CONFIG: '/etc/tributary.yaml',
      TRIBUTARY_ROLE: 'all',
      TRIBUTARY_LOG_LEVEL: 'debug',
      TRIBUTARY_TRUST_PROXY: '10.0.0.0/8, ::1,loopback',
      TRIBUTARY_SEGMENT_URL: 'http://127.0.0.1:9001/',
      TRIBUTARY_AMAZON_SNS_ORIGIN: 'http://127.0.0.1:9002',
      TRIBUTARY_GOOGLE_JWKS_URL: 'http://127.0.0.1:9003/certs',
    })
    expect(config).toMatchObject({
      host: '::',
      port: 0,
      admin: { host: '10.0.0.1', port: 8080 },
      metrics: { port: 9090 },
      baseUrl: 'https://hub.example',
      dataDir: '/var/lib/tributary',
      configFile: '/etc/tributary.yaml',
      logLevel: 'debug',
      trustProxy: ['10.0.0.0/8', '::1', 'loopback'],
    })
    expect(config.secretKeys()).toEqual([Buffer.alloc(32, 7), Buffer.alloc(32, 8)])
    expect(config.remotes).toMatchObject({
      segment: 'http://127.0.0.1:9001',
      google_jwks: 'http://127.0.0.1:9003/certs',
    })
    expect(remoteWarnings(config)).toHaveLength(3)
  })

  it('writes an IPv6 host into its base address in brackets', () => {
    expect(loadConfig({ TRIBUTARY_HOST: '::1' }).baseUrl).toBe('http://[::1]:7070')
  })

  it('reads the _FILE twin of every setting and cuts the line end', () => {
    const config = loadConfig({
      TRIBUTARY_SECRET_KEY_FILE: fileWith(`${KEY}\n`),
      TRIBUTARY_PORT_FILE: fileWith('81\n'),
    })
    expect(config.secretKeys()).toEqual([Buffer.alloc(32, 7)])
    expect(config.port).toBe(81)
  })

  it('takes Apple roots as a path, and as text through the twin', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
    const path = fileWith(pem)
    expect(loadConfig({ TRIBUTARY_APPLE_ROOT_CERTS: path }).appleRootCerts).toBe(pem)
    expect(loadConfig({ TRIBUTARY_APPLE_ROOT_CERTS_FILE: path }).appleRootCerts).toBe(pem.trimEnd())
  })

  it('takes PostgreSQL with a key of its own, in any role', () => {
    for (const role of ['all', 'web', 'worker']) {
      const url = 'postgres://hub:canary@db.example/tributary'
      const config = loadConfig({ TRIBUTARY_DATABASE_URL: url, TRIBUTARY_SECRET_KEY: KEY, TRIBUTARY_ROLE: role })
      expect([config.databaseUrl(), config.role]).toEqual([url, role])
      expect(`${JSON.stringify(config)}${inspect(config, { depth: 9, showHidden: true })}`).not.toContain('canary')
    }
    expect(loadConfig({}).databaseUrl()).toBeNull()
  })

  it('counts an empty variable as not set', () => {
    expect(loadConfig({ TRIBUTARY_PORT: '', TRIBUTARY_DATABASE_URL: '', TRIBUTARY_BASE_URL: '' }).port).toBe(7070)
  })

  it.each([
    [{ TRIBUTARY_PORT: '70700' }, 'TRIBUTARY_PORT must be a port from 0 (any free one) to 65535.'],
    [{ TRIBUTARY_PORT: 'tcp://10.0.0.1:7070' }, 'TRIBUTARY_PORT holds what Kubernetes sets'],
    [{ TRIBUTARY_PRT: '1' }, 'TRIBUTARY_PRT is not a setting of Tributary; did you mean TRIBUTARY_PORT?'],
    [{ TRIBUTARY_WHATEVER_ELSE: '1' }, 'TRIBUTARY_WHATEVER_ELSE is not a setting'],
    [{ TRIBUTARY_DATABASE_URL: 'mysql://u:p@h/d' }, 'TRIBUTARY_DATABASE_URL is no address of a PostgreSQL database'],
    [{ TRIBUTARY_DATABASE_URL: 'postgres://u:p@h/d' }, 'TRIBUTARY_SECRET_KEY is required with PostgreSQL'],
    [{ TRIBUTARY_ROLE: 'web' }, 'TRIBUTARY_ROLE is web, which needs PostgreSQL'],
    [{ TRIBUTARY_ROLE: 'boss' }, 'TRIBUTARY_ROLE must be one of all, web, worker.'],
    [{ TRIBUTARY_LOG_LEVEL: 'loud' }, 'TRIBUTARY_LOG_LEVEL must be one of fatal'],
    [{ TRIBUTARY_SECRET_KEY: 'short' }, 'TRIBUTARY_SECRET_KEY must be 32 bytes in base64'],
    [{ TRIBUTARY_SECRET_KEY: `${KEY},${KEY}` }, 'names the same key twice'],
    [{ TRIBUTARY_BASE_URL: 'hub.example' }, 'TRIBUTARY_BASE_URL must be an http:// or https:// address'],
    [{ TRIBUTARY_SEGMENT_URL: 'ftp://x' }, 'TRIBUTARY_SEGMENT_URL must be an http:// or https:// address'],
    [{ TRIBUTARY_AMAZON_SNS_ORIGIN: 'https://x/y' }, 'must be scheme and host alone'],
    [{ TRIBUTARY_TRUST_PROXY: 'everyone' }, 'TRIBUTARY_TRUST_PROXY must be addresses or networks'],
    [{ TRIBUTARY_ADMIN_HOST: '10.0.0.1' }, 'does nothing without TRIBUTARY_ADMIN_PORT'],
    [
      { TRIBUTARY_APPLE_ROOT_CERTS: '/nowhere.pem' },
      'TRIBUTARY_APPLE_ROOT_CERTS names /nowhere.pem, which cannot be read',
    ],
    [{ TRIBUTARY_HOST_FILE: '/nowhere' }, 'TRIBUTARY_HOST_FILE names /nowhere, which cannot be read'],
    [{ TRIBUTARY_HOST_FILE: '/nowhere', TRIBUTARY_HOST: 'a' }, 'TRIBUTARY_HOST and TRIBUTARY_HOST_FILE are both set'],
    [{ TRIBUTARY_CONFIG: 'version: 1\nprojects: []' }, 'TRIBUTARY_CONFIG must be the path of a file'],
  ])('refuses %o in one sentence', (source, sentence) => {
    const problems = problemsOf(source as Environment)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
  })

  it('says everything that is wrong at once', () => {
    expect(problemsOf({ TRIBUTARY_PORT: 'x', TRIBUTARY_ROLE: 'y', TRIBUTARY_Z: '1' })).toHaveLength(3)
  })

  it('leaves alone what Kubernetes sets for a service of the same name, and what is not ours', () => {
    const source = {
      TRIBUTARY_SERVICE_HOST: '10.0.0.1',
      TRIBUTARY_PORT_7070_TCP_ADDR: '10.0.0.1',
      TRIBUTARY_SERVICE_PORT: '7070',
      PATH: '/bin',
    }
    expect(problemsOf(source)).toEqual([])
  })

  it('never shows a key: not listed, not logged, not in a refusal', () => {
    const config = loadConfig({ TRIBUTARY_SECRET_KEY: KEY })
    const shown = `${JSON.stringify(config)}${inspect(config, { depth: 9, showHidden: true })}`
    expect(shown).not.toContain(KEY)
    expect(config.listed.find(({ name }) => name === 'TRIBUTARY_SECRET_KEY')?.value).toBe('(set)')
    expect(
      problemsOf({ TRIBUTARY_SECRET_KEY: 'canary-canary', TRIBUTARY_DATABASE_URL: 'postgres://u:canary@h/d' }).join(),
    ).not.toContain('canary')
  })

  it('answers any environment with settings or sentences', () => {
    const names = loadConfig({}).listed.map(({ name }) => name)
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names, 'TRIBUTARY_X'), fc.string()), (source) => {
        for (const problem of problemsOf(source)) expect(problem).toMatch(/^TRIBUTARY_[A-Z_]+ .*[.?]$/s)
      }),
      { seed, numRuns: 300 },
    )
  })
})
