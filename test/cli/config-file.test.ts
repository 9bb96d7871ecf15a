import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CANARIES, changed, ENV, FULL, PRIVATE_KEY } from '../settings/fixture.ts'
import { type Machine, machine } from './running.ts'

let here: Machine
const write = (name: string, text: string): string => {
  writeFileSync(join(here.folder, name), text)
  return name
}

beforeEach(() => {
  here = machine()
  write('AuthKey.p8', PRIVATE_KEY)
  write('tributary.yaml', FULL)
})
afterEach(() => here.dispose())

function leaks(text: string): readonly string[] {
  return CANARIES.filter((canary) => text.includes(canary))
}

describe('config check', () => {
  it('says what is in a good file', async () => {
    const ended = await here.run(['config', 'check', 'tributary.yaml'], ENV)
    expect(ended).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'The environment and tributary.yaml are fine: 1 project(s), 1 app(s), 2 integration(s).\n',
    })
  })

  it('takes TRIBUTARY_CONFIG where no file is named', async () => {
    const ended = await here.run(['config', 'check'], { ...ENV, TRIBUTARY_CONFIG: join(here.folder, 'tributary.yaml') })
    expect(ended.code).toBe(0)
  })

  it('names each line that is wrong', async () => {
    write('bad.yaml', changed(['region: us', 'region: mars'], ['name: Acme', 'nam: Acme']))
    const { code, stdout, stderr } = await here.run(['config', 'check', '-f', 'bad.yaml'], ENV)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^bad\.yaml:4: projects\.acme\.nam: is not known here; .*\nbad\.yaml:16: projects\.acme\.integrations\.segment\.settings\.region: must be one of us, eu\n$/,
    )
  })

  it('says which file and which variable is missing', async () => {
    const { code, stderr } = await here.run(['config', 'check', 'tributary.yaml'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('tributary.yaml:19: The environment variable PASSCODE is not set'),
    ])
    expect(await here.run(['config', 'check', 'none.yaml'])).toMatchObject({
      code: 1,
      stderr: 'none.yaml:1: This file cannot be read; check its path and its permissions\n',
    })
  })

  it('checks the environment too', async () => {
    expect(await here.run(['config', 'check'], { TRIBUTARY_PRT: '1' })).toMatchObject({
      code: 1,
      stderr: 'TRIBUTARY_PRT is not a setting of Tributary; did you mean TRIBUTARY_PORT?\n',
    })
  })
})

describe('config print', () => {
  it('prints everything, secrets masked', async () => {
    const key = Buffer.alloc(32, 9).toString('base64')
    const { code, stdout, stderr } = await here.run(['config', 'print', 'tributary.yaml'], {
      ...ENV,
      TRIBUTARY_SECRET_KEY: key,
    })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/TRIBUTARY_SECRET_KEY +\(set\) {2}\(from the environment\)/)
    expect(stdout).toMatch(/TRIBUTARY_HOST +127\.0\.0\.1\n/)
    expect(stdout).toContain('settings.write_key: ••••-key')
    expect(stdout).toContain('secret key acme/backend: ••••me_1')
    expect(leaks(stdout)).toEqual([])
    expect(stdout).not.toContain(key)
  })
})

describe('apply', () => {
  it('opens the database itself while no hub runs, and is idempotent', async () => {
    const dry = await here.run(['apply', '-f', 'tributary.yaml', '--dry-run'], ENV)
    expect(dry).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Dry run: 5 changes, nothing was written.'),
    })
    const first = await here.run(['apply', '-f', 'tributary.yaml'], ENV)
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Applied: 5 changes.') })
    const second = await here.run(['apply', '-f', 'tributary.yaml'], ENV)
    expect(second.stdout).toContain('Nothing to change: the settings are what the file says.')
    expect(leaks(dry.stdout + first.stdout + second.stdout)).toEqual([])
    const hub = await here.serve()
    const headers = { authorization: 'Bearer sk_acme_1' }
    const audit = await (await fetch(`${hub.address}/api/projects/acme/audit`, { headers })).text()
    expect(audit.split('"the operator"')).toHaveLength(6)
    expect(leaks(audit)).toEqual([])
    await hub.stop()
  }, 120_000)

  it('speaks to the running hub, which has the settings at once', async () => {
    const hub = await here.serve()
    const first = await here.run(['apply', '-f', 'tributary.yaml'], ENV)
    expect(first).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('+ integration acme/clevertap'),
    })
    const answer = await fetch(`${hub.address}/api/projects/acme/integrations`, {
      headers: { authorization: 'Bearer sk_acme_1' },
    })
    expect(answer.status).toBe(200)
    const again = await here.run(['apply', '-f', 'tributary.yaml'], ENV)
    expect(again.stdout).toContain('Nothing to change')
    write('pruned.yaml', FULL.slice(0, FULL.indexOf('      - { id: clevertap')))
    expect((await here.run(['apply', '-f', 'pruned.yaml', '--prune'], ENV)).stdout).toContain(
      '- integration acme/clevertap',
    )
    const { stdout } = await hub.stop()
    expect(leaks(first.stdout + again.stdout + stdout)).toEqual([])
  })

  it('is refused by the running hub with another key', async () => {
    const hub = await here.serve()
    const ended = await here.run(['apply', '-f', 'tributary.yaml'], {
      ...ENV,
      TRIBUTARY_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    })
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('does not know our key') })
    await hub.stop()
  })

  it('changes nothing when the file is wrong', async () => {
    write('bad.yaml', changed(['store: app_store', 'store: steam']))
    const ended = await here.run(['apply', '-f', 'bad.yaml'], ENV)
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('bad.yaml:12: projects.acme.apps.ios.store: must be one of app_store,'),
    })
  })

  it('says so when nobody answers at the address it is given', async () => {
    const { stderr, code } = await here.run(['apply', '-f', 'tributary.yaml', '--url', 'http://127.0.0.1:9'], {
      ...ENV,
      TRIBUTARY_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^The hub at http:\/\/127\.0\.0\.1:9 does not answer .*\n$/),
    ])
  })
})

describe('migrate', () => {
  it('makes the database, and does no harm beside a running hub', async () => {
    expect(await here.run(['migrate'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('has the schema of this version'),
    })
    const hub = await here.serve()
    expect(await here.run(['migrate'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('The hub runs on'),
    })
    await hub.stop()
  })
})

describe('config export', () => {
  it('writes a file that config check takes once its variables are set, and that changes nothing', async () => {
    expect((await here.run(['apply', '-f', 'tributary.yaml'], ENV)).code).toBe(0)
    const written = await here.run(['config', 'export', '--project', 'acme', '-o', 'export.yaml'])
    expect(written).toMatchObject({ code: 0, stderr: '' })
    expect(written.stdout).toContain('ACME_CLEVERTAP_PASSCODE')
    const text = readFileSync(join(here.folder, 'export.yaml'), 'utf8')
    expect(leaks(text + written.stdout)).toEqual([])
    expect((await here.run(['config', 'check', 'export.yaml'])).code).toBe(1)
    const variables = {
      ACME_KEY_BACKEND: 'sk_acme_1',
      ACME_IOS_API_KEY_PRIVATE_KEY: PRIVATE_KEY.trimEnd(),
      ACME_SEGMENT_WRITE_KEY: 'canary-write-key',
      ACME_SEGMENT_SANDBOX_WRITE_KEY: 'canary-sandbox-key',
      ACME_CLEVERTAP_PASSCODE: ENV.PASSCODE ?? '',
      ACME_CLEVERTAP_SANDBOX_PASSCODE: 'canary-sandbox-passcode',
    }
    expect((await here.run(['config', 'check', 'export.yaml'], variables)).code).toBe(0)
    const applied = await here.run(['apply', '-f', 'export.yaml'], variables)
    expect(applied.stdout).toContain('Nothing to change')
  })

  it('prints where no file is named, and says when there is nothing', async () => {
    expect((await here.run(['apply', '-f', 'tributary.yaml'], ENV)).code).toBe(0)
    const printed = await here.run(['config', 'export'])
    expect(printed.stdout).toContain('projects:\n  - id: acme\n')
    expect(await here.run(['config', 'export', '--project', 'nobody'])).toMatchObject({
      code: 1,
      stderr: 'There is no project nobody; check its id.\n',
    })
  })
})
