import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changed, ENV, FULL, PRIVATE_KEY } from '../settings/fixture.ts'
import { type Ended, type Machine, machine } from './running.ts'

let here: Machine
beforeEach(() => {
  here = machine()
})
afterEach(() => here.dispose())

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64')

/** One clear sentence on stderr, nothing of a stack, not zero. */
function expectSentence(ended: Ended, words: RegExp): void {
  expect(ended.stderr).toMatch(words)
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+|Error:/)
  expect(ended.code).toBe(1)
}

async function occupied(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

describe('serve does not start, and says why in one sentence', () => {
  it('with a setting that cannot be', async () => {
    expectSentence(await here.run(['serve'], { TRIBUTARY_PORT: 'http' }), /^TRIBUTARY_PORT must be a port/)
  })

  it('with a setting that nobody knows', async () => {
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_DATADIR: '/x' }),
      /^TRIBUTARY_DATADIR is not a setting of Tributary; did you mean TRIBUTARY_DATA_DIR\?/,
    )
  })

  it('with PostgreSQL and no key', async () => {
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_DATABASE_URL: 'postgres://canary@h/d' }),
      /^TRIBUTARY_SECRET_KEY is required with PostgreSQL/,
    )
  })

  it('with a PostgreSQL that does not answer', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    expectSentence(
      await here.run(['serve'], {
        TRIBUTARY_DATABASE_URL: 'postgres://canary@127.0.0.1:1/d',
        TRIBUTARY_SECRET_KEY: key,
      }),
      /^PostgreSQL at 127\.0\.0\.1:1\/d does not answer/,
    )
  })

  it('with a config file that is wrong', async () => {
    writeFileSync(join(here.folder, 'AuthKey.p8'), PRIVATE_KEY)
    writeFileSync(join(here.folder, 'tributary.yaml'), changed(['region: us', 'region: mars']))
    const ended = await here.run(['serve'], { ...ENV, TRIBUTARY_CONFIG: join(here.folder, 'tributary.yaml') })
    expectSentence(ended, /^tributary\.yaml:16: .*region: must be one of us, eu$/m)
  })

  it('with a config file that is not there', async () => {
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_CONFIG: '/nowhere/tributary.yaml' }),
      /^tributary\.yaml:1: This file cannot be read/,
    )
  })

  it('with a key that does not fit the database', async () => {
    const hub = await here.serve({ TRIBUTARY_SECRET_KEY: key(1) })
    await hub.stop()
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_SECRET_KEY: key(2) }),
      /^The key in TRIBUTARY_SECRET_KEY does not fit this database/,
    )
    const rotated = await here.serve({ TRIBUTARY_SECRET_KEY: `${key(2)},${key(1)}` })
    expect((await rotated.stop()).code).toBe(0)
  })

  it('with the key file gone', async () => {
    const hub = await here.serve()
    await hub.stop()
    rmSync(join(here.dataDir, 'secret.key'))
    expectSentence(
      await here.run(['serve']),
      /^The key of this database is missing: put .*secret\.key back from your backup/,
    )
  })

  it('on a port that is in use', async () => {
    const { port, server } = await occupied()
    expectSentence(await here.run(['serve'], { TRIBUTARY_PORT: String(port) }), /in use.*TRIBUTARY_PORT/)
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_METRICS_PORT: String(port) }),
      /in use.*TRIBUTARY_METRICS_PORT/,
    )
    await new Promise((resolve) => server.close(resolve))
  })

  it('on an address that this machine does not have', async () => {
    expectSentence(
      await here.run(['serve'], { TRIBUTARY_HOST: '192.0.2.1' }),
      /^192\.0\.2\.1 is no address of this machine; /,
    )
  })

  it('in a folder that is not writable', async () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere but below a file.
      writeFileSync(join(here.folder, 'file'), '')
      expectSentence(
        await here.run(['serve'], { TRIBUTARY_DATA_DIR: join(here.folder, 'file', 'data') }),
        /cannot be made.*TRIBUTARY_DATA_DIR/,
      )
    } else {
      mkdirSync(here.dataDir)
      chmodSync(here.dataDir, 0o500)
      expectSentence(await here.run(['serve']), /is not writable/)
      chmodSync(here.dataDir, 0o700)
    }
    writeFileSync(join(here.folder, 'plain'), '')
    expectSentence(await here.run(['serve'], { TRIBUTARY_DATA_DIR: join(here.folder, 'plain') }), /TRIBUTARY_DATA_DIR/)
  })

  it('beside another one on the same folder', async () => {
    const hub = await here.serve()
    expectSentence(await here.run(['serve']), /^Another Tributary is running on the data folder/)
    expect((await hub.stop()).code).toBe(0)
  })

  it('on a file that is no database', async () => {
    mkdirSync(here.dataDir)
    writeFileSync(join(here.dataDir, 'tributary.db'), 'this is no database, but long enough to look at'.repeat(100))
    expectSentence(await here.run(['serve']), /damaged or no database/)
  })
})

describe('serve', () => {
  it('applies its config file, warns of moved remotes and ends with 0 on SIGTERM and SIGINT', async () => {
    writeFileSync(join(here.folder, 'AuthKey.p8'), PRIVATE_KEY)
    writeFileSync(join(here.folder, 'tributary.yaml'), FULL)
    const env = {
      ...ENV,
      TRIBUTARY_CONFIG: join(here.folder, 'tributary.yaml'),
      TRIBUTARY_SEGMENT_URL: 'http://127.0.0.1:9',
    }
    const hub = await here.serve(env)
    expect(hub.log()).toMatch(
      /"level":"warn".*TRIBUTARY_SEGMENT_URL is set: http:\/\/127\.0\.0\.1:9 is used in place of Segment/,
    )
    expect(readFileSync(join(here.dataDir, 'address'), 'utf8').trim()).toBe(hub.address)
    expect(
      (await fetch(`${hub.address}/api/projects/acme/integrations`, { headers: { authorization: 'Bearer sk_acme_1' } }))
        .status,
    ).toBe(200)
    expect(await hub.stop('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
    const again = await here.serve(env)
    expect(await again.stop('SIGINT')).toMatchObject({ code: 0, stderr: '' })
  })

  it('starts again after it was killed', async () => {
    const hub = await here.serve()
    await hub.stop('SIGKILL')
    const again = await here.serve()
    expect((await again.stop()).code).toBe(0)
  })
})
