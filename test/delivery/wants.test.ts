import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Integration } from '../../src/domain/project.ts'
import { type Disk, openDisk, PASSCODE, SANDBOX_PASSCODE, SANDBOX_WRITE_KEY, START } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'

let disk: Disk
let world: World
beforeAll(async () => {
  disk = await openDisk()
})
afterAll(() => disk.remove())
afterEach(() => world.close())

async function open(...changes: readonly Partial<Integration>[]): Promise<void> {
  world = await openWorld({
    disk,
    integrations: (project) =>
      changes.map((change) =>
        change.destination === 'clevertap'
          ? clevertapIntegration(project, change)
          : segmentIntegration(project, change),
      ),
  })
}
const clevertap = (settings: Integration['settings'] = {}, rest: Partial<Integration> = {}): Partial<Integration> => ({
  destination: 'clevertap',
  settings,
  ...rest,
})
const segment = (settings: Integration['settings'] = {}, rest: Partial<Integration> = {}): Partial<Integration> => ({
  destination: 'segment',
  settings,
  ...rest,
})

const _ANONYMOUS = `$RCAnonymousID:${'a'.repeat(32)}`

describe('which integration wants which event', () => {
  const outcome = async (id: string): Promise<readonly (readonly [string, string | null])[]> =>
    (await world.deliveries(id)).map(({ delivery }) => [delivery.status, delivery.reason] as const)

  it('not one that is switched off, and not what occurred before live_from', async () => {
    await open(segment({}, { liveFrom: START }), clevertap({}, { enabled: false }))
    await world.emit([
      { customer: 'u', changes: { occurredAt: START - 1 } },
      { customer: 'u', changes: { occurredAt: START } },
    ])
    await world.run()
    expect(await outcome('segment')).toEqual([['delivered', null]])
    expect(await outcome('clevertap')).toEqual([])
  })

  it('a blank name is skipped with its reason; a name of one’s own is sent', async () => {
    await open(segment({}, { eventNames: { renewal: '', cancellation: 'Lost One' } }))
    await world.emit([
      { customer: 'u', name: 'renewal' },
      { customer: 'u', name: 'cancellation' },
    ])
    await world.run()
    expect(await outcome('segment')).toEqual([
      ['skipped', 'name_blank'],
      ['delivered', null],
    ])
    expect(world.segment.accepted().flatMap(({ event }) => event ?? [])).toEqual(['Lost One'])
  })

  it('a name that was blanked while the event waited is skipped in its turn', async () => {
    await open(segment())
    await world.delivery.pause(world.project, 'segment', 'test')
    await world.emit([
      { customer: 'u', name: 'renewal' },
      { customer: 'u', name: 'cancellation' },
    ])
    await world.change('segment', { eventNames: { renewal: '' } })
    await world.delivery.resume(world.project, 'segment')
    await world.run()
    expect(await outcome('segment')).toEqual([
      ['skipped', 'name_blank'],
      ['delivered', null],
    ])
  })

  it('sandbox: Segment with its toggle or its own key, CleverTap with its own account, else skipped', async () => {
    const sandbox = { customer: 'u', changes: { environment: 'sandbox' as const } }
    await open(segment(), clevertap())
    await world.emit([sandbox])
    expect(await outcome('segment')).toEqual([['skipped', 'sandbox_off']])
    expect(await outcome('clevertap')).toEqual([['skipped', 'sandbox_off']])
    await world.change('segment', { sandbox: true })
    const credentials = { account_id: 'ACC-1', passcode: PASSCODE }
    await world.change('clevertap', {
      settings: { ...credentials, sandbox_account_id: 'TEST-1', sandbox_passcode: SANDBOX_PASSCODE },
    })
    await world.emit([sandbox])
    await world.run()
    expect((await outcome('segment')).at(-1)).toEqual(['delivered', null])
    expect((await outcome('clevertap')).at(-1)).toEqual(['delivered', null])
    expect(world.clevertap.accepted().every(({ test }) => test)).toBe(true)
    await world.close()
    await open(segment({ sandbox_write_key: SANDBOX_WRITE_KEY }))
    await world.emit([sandbox])
    await world.run()
    expect(new Set(world.segment.accepted().map(({ writeKey }) => writeKey))).toEqual(new Set([SANDBOX_WRITE_KEY]))
  })

  it('what is not in the table is skipped with its reason, and all_events lifts that', async () => {
    const paused = { customer: 'u', name: 'subscription_paused' as const }
    await open(segment(), clevertap())
    await world.emit([paused])
    await world.run()
    expect(await outcome('segment')).toEqual([['delivered', null]])
    expect(await outcome('clevertap')).toEqual([['skipped', 'not_in_table']])
    await world.change('clevertap', { allEvents: true })
    await world.emit([paused])
    await world.run()
    expect((await outcome('clevertap')).at(-1)).toEqual(['delivered', null])
  })

  it('canonical types beyond the twelve have no delivery', async () => {
    await open(segment(), clevertap({}, { allEvents: true }))
    await world.emit([{ customer: 'u', changes: { type: 'REFUND', name: null } }])
    expect(await outcome('segment')).toEqual([])
    expect(await outcome('clevertap')).toEqual([])
  })
})
