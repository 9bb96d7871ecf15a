import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { mintApiKey } from '../../src/stand-ins/app-store/api-key.ts'
import { startAppStoreStandIn } from '../../src/stand-ins/app-store/server.ts'
import { createSimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { type ClevertapStandIn, startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { type SegmentStandIn, startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import { CANARIES, changed, ENV, PRIVATE_KEY } from '../settings/fixture.ts'
import { type Machine, machine } from './running.ts'

let segment: SegmentStandIn
let clevertap: ClevertapStandIn
let here: Machine
beforeAll(async () => {
  segment = await startSegmentStandIn({ writeKeys: [{ key: 'canary-write-key' }, { key: 'canary-sandbox-key' }] })
  clevertap = await startClevertapStandIn({
    accounts: [
      { id: 'ABC-123', passcode: 'canary-passcode' },
      { id: 'TEST-123', passcode: 'canary-sandbox-passcode', test: true },
    ],
  })
})
afterAll(() => Promise.all([segment.close(), clevertap.close()]))
beforeEach(() => {
  here = machine()
  writeFileSync(join(here.folder, 'AuthKey.p8'), PRIVATE_KEY)
})
afterEach(() => here.dispose())

/** No API key: Apple is not asked. */
const NO_APPLE = changed([/api_key: \{.*\}, forward_to/.exec(changed())?.[0] ?? '', 'forward_to'])

function remotes(): Readonly<Record<string, string>> {
  return {
    TRIBUTARY_SEGMENT_URL: segment.url,
    TRIBUTARY_SEGMENT_CDN_URL: segment.url,
    TRIBUTARY_CLEVERTAP_URL: clevertap.url,
  }
}

async function applied(text: string): Promise<void> {
  writeFileSync(join(here.folder, 'tributary.yaml'), text)
  const { code, stderr } = await here.run(['apply', '-f', 'tributary.yaml'], ENV)
  expect([code, stderr]).toEqual([0, ''])
}

describe('doctor', () => {
  it('finds nothing to fail in an empty machine', async () => {
    const { code, stdout, stderr } = await here.run(['doctor'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/ok {4}clock: .*\n.*ok {4}hub: is not running\n.*warn {2}database: There is none/s)
  })

  it('checks credentials and traffic, with and without a running hub', async () => {
    await applied(NO_APPLE)
    const alone = await here.run(['doctor'], remotes())
    const hub = await here.serve(remotes())
    const beside = await here.run(['doctor'], remotes())
    await hub.stop()
    for (const { code, stdout, stderr } of [alone, beside]) {
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('ok    key: fits the database')
      expect(stdout).toMatch(/ok {4}database: .* is whole/)
      expect(stdout.match(/^ok {4}integration acme\/(segment|clevertap) (production|sandbox): /gm)).toHaveLength(4)
      expect(stdout).toMatch(
        /warn {2}app acme\/ios: No notification has come yet\.\n +→ .*\/notifications\/app-store\/acme\/ios/,
      )
      expect(CANARIES.filter((canary) => stdout.includes(canary))).toEqual([])
    }
    expect(alone.stdout).toContain('ok    hub: is not running')
    expect(beside.stdout).toContain('ok    hub: is running on this data folder')
  })

  it('says what the SDK of an app asked for and cannot have', async () => {
    await applied(NO_APPLE)
    const hub = await here.serve(remotes())
    const headers = { authorization: 'Bearer appl_acme', 'x-nonce': 'AAECAwQFBgcICQoL', 'x-platform': 'iOS' }
    for (const user of ['user-1', 'user-2']) {
      expect((await fetch(`${hub.address}/v1/customercenter/${user}`, { headers })).status).toBe(404)
    }
    await hub.stop()
    const { code, stdout } = await here.run(['doctor', '--offline'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /warn {2}app acme\/ios: The SDK asked 2 times for a signed answer.*\n +→ Set entitlement verification to disabled/,
    )
    expect(stdout).toContain('most often GET /v1/customercenter/{id} (2 times).')
    expect(stdout).not.toContain('user-1')
  })

  it('fails when credentials are refused, and says which and what to do', async () => {
    await applied(NO_APPLE.replace('canary-sandbox-passcode', 'canary-wrong'))
    const { code, stdout, stderr } = await here.run(['doctor'], remotes())
    expect(code).toBe(1)
    expect(stderr).toBe('Doctor found 1 thing(s) that must be put right; see above.\n')
    expect(stdout).toMatch(/^fail {2}integration acme\/clevertap sandbox: .*\n +→ Correct the sandbox credentials/m)
    expect(stdout).toContain('ok    integration acme/clevertap production')
  })

  it('only warns when the network is away, and asks nobody with --offline', async () => {
    await applied(NO_APPLE)
    const nowhere = {
      TRIBUTARY_SEGMENT_URL: 'http://127.0.0.1:9',
      TRIBUTARY_SEGMENT_CDN_URL: 'http://127.0.0.1:9',
      TRIBUTARY_CLEVERTAP_URL: 'http://127.0.0.1:9',
    }
    const away = await here.run(['doctor'], nowhere)
    expect(away.code).toBe(0)
    expect(away.stdout.match(/^warn {2}integration acme\/\w+ \w+: /gm)).toHaveLength(4)
    const before = segment.requests + clevertap.requests
    expect((await here.run(['doctor', '--offline'], remotes())).code).toBe(0)
    expect(segment.requests + clevertap.requests).toBe(before)
  })

  it('fails on a key that does not fit, a port that is taken, a config file that is wrong', async () => {
    await applied(NO_APPLE)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    writeFileSync(join(here.folder, 'bad.yaml'), 'version: 1\nproject: []\n')
    const { code, stdout } = await here.run(['doctor'], {
      TRIBUTARY_SECRET_KEY: Buffer.alloc(32, 5).toString('base64'),
      TRIBUTARY_PORT: String(port),
      TRIBUTARY_CONFIG: join(here.folder, 'bad.yaml'),
    })
    await new Promise((resolve) => server.close(resolve))
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail {2}key: The key in TRIBUTARY_SECRET_KEY does not fit this database/m)
    expect(stdout).toMatch(/^fail {2}public port: .* is in use by another program\.\n +→ .*TRIBUTARY_PORT/m)
    expect(stdout).toMatch(/^fail {2}config file: .*bad\.yaml:2: project: is not known here/m)
  })

  it('asks the App Store for its history, and says so when the key is refused or nothing is listed', async () => {
    const key = mintApiKey()
    const stores = (['production', 'sandbox'] as const).map((environment) =>
      createSimulatedAppStore({ bundleId: 'com.acme.app', appAppleId: 123456789, environment }),
    )
    const apple = await startAppStoreStandIn({ stores, keys: [key], notificationUrl: null })
    writeFileSync(join(here.folder, 'AuthKey.p8'), key.privateKey)
    const pulling = changed(
      ['receive: push, events_from: 2026-11-01', 'receive: pull'],
      ['57246542-96fe-1a63-e053-0824d011072a', key.issuerId],
      ['2X9R4HXF34', key.keyId],
    )
    await applied(pulling)
    const env = { ...remotes(), TRIBUTARY_APPLE_API_URL: apple.url }
    const before = await here.run(['doctor'], env)
    expect([before.code, before.stderr]).toEqual([0, ''])
    expect(
      before.stdout.match(/^ok {4}app acme\/ios: App Store accepts the API key \((production|sandbox)\)/gm),
    ).toHaveLength(2)
    expect(
      before.stdout.match(/^warn {2}app acme\/ios: The notification history of \w+ was not read yet/gm),
    ).toHaveLength(2)

    const hub = await here.serve(env)
    await vi.waitFor(
      async () => {
        const { stdout } = await here.run(['doctor', '--offline'], env)
        expect(
          stdout.match(/^warn {2}app acme\/ios: \w+: .*\n +→ Apple lists only version 2 notifications/gm),
        ).toHaveLength(2)
      },
      { timeout: 20_000 },
    )
    await hub.stop()

    writeFileSync(join(here.folder, 'AuthKey.p8'), mintApiKey().privateKey)
    await applied(pulling)
    const refused = await here.run(['doctor'], env)
    expect(refused.code).toBe(1)
    expect(refused.stdout.match(/^fail {2}app acme\/ios: .*\n +→ Correct the API key of this app/gm)).toHaveLength(2)
    await apple.close()
  })

  it('fails on a damaged database', async () => {
    await applied(NO_APPLE)
    const path = join(here.dataDir, 'tributary.db')
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0x5a, 4096, 4096 * 8))
    const { code, stdout } = await here.run(['doctor', '--offline'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail {2}database: .*\n +→ Stop the hub and restore the newest backup\./m)
  })

  it('warns of a key file that others can read', async () => {
    await applied(NO_APPLE)
    chmodSync(join(here.dataDir, 'secret.key'), 0o644)
    expect((await here.run(['doctor', '--offline'])).stdout).toMatch(
      /^warn {2}key: The key file is readable for others\.\n +→ Close it: chmod 600/m,
    )
  })
})
