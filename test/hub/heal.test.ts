import { cpSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { machine } from '../cli/running.ts'
import { randomOf } from '../seed.ts'
import {
  afterwards,
  compared,
  DAY,
  eventsOf,
  HOUR,
  postAll,
  type RunningHub,
  startInProcess,
  startWorld,
  until,
  type World,
  type WorldOptions,
} from './harness.ts'
import { crowd } from './lives.ts'
import { told } from './reference.ts'

const MONTHLY = { product: 'com.acme.monthly', price: 9.99, period: 'P1M' } as const

async function understood(hub: RunningHub, count: number): Promise<void> {
  await until(`${count} notifications`, async () => {
    const { waiting, ...done } = await hub.storage.inboxDepths()
    return waiting === 0 && done.understood + done.ignored + done.parked === count
  })
  await hub.idle()
}

function healed(
  world: World,
  since: number,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const here = machine()
  afterwards(() => here.dispose())
  return here.run(['heal', '--since', new Date(since).toISOString()], world.env)
}

/** A hub in pull mode whose notifications have come in two halves, and its data folder between them. */
async function restored(options: WorldOptions) {
  const world = await startWorld(options)
  const all = crowd(
    world,
    { count: 120, until: Date.now(), within: 170 * DAY, sandboxShare: 0 },
    randomOf('heal'),
  ).toSorted((a, b) => a.at - b.at)
  return { world, all, dataDir: String(world.env.TRIBUTARY_DATA_DIR), saved: `${world.folder}/saved` }
}

describe('tributary heal', () => {
  it('brings back what the store still lists, after a restore, with the same events', async () => {
    const { world, all, dataDir, saved } = await restored({
      app: { receive: 'pull', environments: ['production'] },
    })
    const first = await startInProcess(world)
    await understood(first, all.length)
    const before = await eventsOf(first.address)
    await first.close()
    // A restore of a database from before most of it, which says itself that it has read all up to now.
    const empty = await startWorld({
      app: { receive: 'pull', environments: ['production'] },
      apple: { notificationUrl: null },
    })
    const blank = await startInProcess(empty)
    await until(
      'the history was asked',
      async () => (await blank.storage.appStatus('acme', 'ios')).cursors.length === 1,
    )
    await blank.close()
    rmSync(dataDir, { recursive: true })
    cpSync(String(empty.env.TRIBUTARY_DATA_DIR), saved, { recursive: true })
    cpSync(saved, dataDir, { recursive: true })

    const idle = await startInProcess(world)
    await idle.idle()
    expect((await idle.storage.inboxDepths()).understood).toBeLessThan(all.length / 2)
    await idle.close()

    const { code, stdout, stderr } = await healed(world, Date.now() - 179 * DAY)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/acme\/ios: the list of notifications \(production\) is read again from/)
    const hub = await startInProcess(world)
    await understood(hub, all.length)
    expect(compared(await eventsOf(hub.address))).toEqual(compared(before))
    expect((await eventsOf(hub.address)).map(({ id }) => id).sort()).toEqual(
      told(all)
        .map(({ id }) => id)
        .sort(),
    )
  })

  it('asks the store at once about what nobody would have looked at before the end', async () => {
    const world = await startWorld()
    const first = await startInProcess(world)
    const s = world.production.subscribe({ ...MONTHLY, at: Date.now() - DAY })
    await postAll(first.address, [s.opening])
    await first.idle()
    await first.close()
    // The cancellation was lost.
    s.cancel({ at: Date.now() - HOUR })
    const { code, stdout } = await healed(world, Date.now() - DAY)
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 purchases are asked about')])
    const hub = await startInProcess(world)
    const { id: chain } = s.latest
    const key = { projectId: 'acme', store: 'app_store', environment: 'production', chain, line: '' } as const
    await until('the state that Apple knows', async () => {
      const row = await hub.storage.getPurchase(key)
      return (JSON.parse(row?.body ?? '{}') as Partial<Purchase>).snapshot?.autoRenew === false
    })
  })

  it('refuses what it cannot do in one sentence', async () => {
    const world = await startWorld()
    const hub = await startInProcess(world)
    expect(await healed(world, Date.now() - DAY)).toMatchObject({ code: 1, stderr: expect.stringMatching(/stop it/) })
    await hub.close()
    const here = machine()
    afterwards(() => here.dispose())
    for (const since of ['yesterday', '2026-13-01', '2999-01-01']) {
      const { code, stderr } = await here.run(['heal', '--since', since])
      expect([since, code, stderr.trimEnd().split('\n').length]).toEqual([since, 1, 1])
      expect(stderr).toContain(since)
    }
  })
})

describe('a hub that was away for three days', () => {
  it('tells the same events as one that was up, from the list of what could not be delivered', async () => {
    let offset = -3 * DAY
    const now = (): number => Date.now() + offset
    const world = await startWorld({ now, apple: { notificationUrl: 'http://127.0.0.1:1/away' } })
    const up = await startWorld({ now, key: world.key })
    const first = await startInProcess(world, { now })
    const s = world.production.subscribe({
      product: 'com.acme.weekly',
      price: 2.99,
      period: 'P1W',
      trial: 'P1W',
      at: now() - 6 * DAY,
    })
    await postAll(first.address, [s.opening])
    await first.idle()
    await first.close()
    const missed = [s.renew(), s.cancel({ at: now() + 2 * DAY }), s.uncancel({ at: now() + 2.5 * DAY })]
    for (const one of missed) expect(await world.apple.send(one)).toBeNull()
    offset = 0
    const back = await startInProcess(world, { now })
    await understood(back, 4)

    const { TRIBUTARY_APPLE_ROOT_CERTS = '', TRIBUTARY_APPLE_API_URL = '' } = world.env
    const always = await startInProcess(up, { now, env: { TRIBUTARY_APPLE_ROOT_CERTS, TRIBUTARY_APPLE_API_URL } })
    await postAll(always.address, [s.opening, ...missed], 1)
    await always.idle()
    const events = await eventsOf(back.address)
    expect(events.map(({ name }) => name)).toEqual([
      'trial_started',
      'trial_converted',
      'cancellation',
      'uncancellation',
    ])
    expect(compared(events)).toEqual(compared(await eventsOf(always.address)))
  })
})
