import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FrozenEvent } from '../../src/domain/event.ts'
import type { Fault } from '../../src/stand-ins/server.ts'
import { seed } from '../seed.ts'
import { check } from './checker.ts'
import { type Disk, MINUTE, openDisk, openStandIns, SECOND, type StandIns } from './ground.ts'
import { clevertapIntegration, openWorld, segmentIntegration, type World } from './harness.ts'
import { recordsIn, runOf } from './story.ts'

/** Schedules of faults in this run; all of them begin anew with a customer base, a clock and a sequence of their own. */
const SCHEDULES = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
/** Played side by side, each lane on a database and stand-ins of its own: most of the time is waiting for the disk. */
const LANES = 3

interface Lane {
  readonly disk: Disk
  readonly standIns: StandIns
}

const lanes: Lane[] = []
beforeAll(async () => {
  for (let n = 0; n < LANES; n += 1) lanes.push({ disk: await openDisk(), standIns: await openStandIns() })
})
afterAll(async () => {
  for (const { disk, standIns } of lanes) {
    await standIns.close()
    await disk.remove()
  }
})

interface Tally {
  deliveries: number
  faults: number
  crashes: number
  doubled: number
  failed: number
}

type Point = 'claim' | 'before_send' | 'after_send' | 'before_settle' | 'after_settle'
const POINTS: readonly Point[] = ['claim', 'before_send', 'after_send', 'before_settle', 'after_settle']

/** A world under one schedule: what goes wrong is drawn from its own numbers. */
interface Troubled {
  readonly world: World
  readonly disk: Disk
  readonly draw: (below: number) => number
  readonly pick: <T>(all: readonly T[]) => T
  /** How likely a request goes wrong; 0 when the faults are over. */
  faulty: number
  /** Where the process dies next. */
  deadly: { point: Point; after: number } | null
  /** Resolves when the process that runs now has died; asked for once per piece of work. */
  death(): Promise<void>
  readonly violations: string[]
  readonly tally: Tally
}

const FAULTS: readonly Fault[] = [
  { kind: 'cut_before' },
  { kind: 'cut_after' },
  { kind: 'cut_after' },
  { kind: 'answer', status: 500 },
  { kind: 'answer', status: 503, headers: { 'retry-after': '3' } },
  { kind: 'answer', status: 429, headers: { 'retry-after': '20' } },
  { kind: 'answer', status: 502 },
  { kind: 'answer', status: 408 },
  { kind: 'answer', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
  { kind: 'answer', status: 401 },
  { kind: 'answer', status: 400 },
  { kind: 'answer', status: 413 },
]
const BODIES: readonly string[] = [
  '<html>',
  '',
  '{"status":"success","processed":0,"unprocessed":[]}',
  '{"processed":999}',
]
const CODES: readonly number[] = [512, 513, 522, 526, 555, 555, 555]

async function trouble(name: string, { disk, standIns }: Lane): Promise<Troubled> {
  const tally: Tally = { deliveries: 0, faults: 0, crashes: 0, doubled: 0, failed: 0 }
  const world = await openWorld({
    disk,
    name,
    standIns,
    integrations: (project) => [
      segmentIntegration(project, { settings: { max_in_flight: 2 } }),
      clevertapIntegration(project, { settings: { charged: name.endsWith('0'), max_in_flight: 3 } }),
    ],
  })
  const draw = (below: number): number => Math.floor(world.random() * below)
  const troubled: Troubled = {
    world,
    disk,
    draw,
    pick: (all) => all[draw(all.length)] as (typeof all)[number],
    faulty: world.random() * 0.6,
    deadly: null,
    death: () => new Promise(() => undefined),
    violations: [],
    tally,
  }
  meddle(troubled)
  return troubled
}

function meddle(troubled: Troubled): void {
  const { world, draw, pick, tally, violations } = troubled
  const busy = new Map<string, number>()
  let die: () => void = () => undefined

  /** The process dies here when the schedule says so. */
  const reach = (point: Point): void => {
    const { deadly } = troubled
    if (deadly?.point !== point) return
    if (deadly.after > 0) {
      deadly.after -= 1
      return
    }
    troubled.deadly = null
    tally.crashes += 1
    void world.crash()
    die()
  }
  troubled.death = () =>
    new Promise((resolve) => {
      die = resolve
    })

  world.meddling.afterClaim = () => reach('claim')
  world.meddling.beforeSettle = () => reach('before_settle')
  world.meddling.settle = async (input) => {
    const settled = await world.storage.settleLot(input)
    reach('after_settle')
    return settled
  }
  world.meddling.send = async (request, send) => {
    const body = String(request.body)
    const integration = body.startsWith('{"batch"') ? 'segment' : 'clevertap'
    const channel = world.delivery.channels.get(world.project, `${integration}:production`)
    if (channel?.pausedBy === 'person') violations.push(`sent while ${integration} was paused by a person`)
    const customers = new Set(body.match(/user-\d+/g) ?? [])
    for (const customer of customers) {
      const place = `${integration} ${customer}`
      busy.set(place, (busy.get(place) ?? 0) + 1)
      if ((busy.get(place) ?? 0) > 1) violations.push(`two requests at once for ${place}`)
    }
    reach('before_send')
    if (world.random() < troubled.faulty) {
      tally.faults += 1
      const kind = draw(10)
      if (kind < 6) world[integration].script([pick(FAULTS)])
      else if (integration === 'clevertap' && kind < 8) world.clevertap.failRecords(1 + draw(3), pick(CODES))
      else if (integration === 'clevertap') world.clevertap.script([{ kind: 'body', body: pick(BODIES) }])
      else world.segment.script([{ kind: 'cut_after' }])
    }
    let result = await send(request)
    if (world.random() < troubled.faulty / 6) {
      // The answer does not come in time: 20 s pass for everything that is under way.
      tally.faults += 1
      world.advance(20 * SECOND)
      result = { kind: 'fault', sent: true, reason: 'No complete answer in time', durationMs: 20_000 }
    }
    for (const customer of customers) {
      const place = `${integration} ${customer}`
      busy.set(place, (busy.get(place) ?? 1) - 1)
    }
    reach('after_send')
    return result
  }
}

/** Lets the hub work until it is idle or dead; a dead one is followed by another. */
async function work(troubled: Troubled): Promise<void> {
  const { world, disk, draw } = troubled
  const death = troubled.death().then(() => 'dead')
  const end = await Promise.race([world.run(world.now() + draw(90) * SECOND), death])
  if (end !== 'dead') return
  await world.crash()
  if (draw(40) === 0) await disk.reopen()
  const freeDead = draw(4) > 0
  // Another process waits for the leases of the one that is gone.
  await world.restart({ freeDead })
}

async function simulate(
  name: string,
  lane: Lane,
): Promise<{ readonly problems: readonly string[]; readonly tally: Tally }> {
  const troubled = await trouble(name, lane)
  const { world, draw, pick, tally } = troubled
  const events: FrozenEvent[] = []
  const retried = new Set<string>()
  const moved = new Set<string>()
  const customers = 1 + draw(5)
  const emit = async (): Promise<void> => {
    const specs = Array.from({ length: 1 + draw(8) }, () => ({ customer: `user-${draw(customers)}` }))
    events.push(...(await world.emit(specs)))
  }
  const retry = async (): Promise<void> => {
    const integration = pick(['segment', 'clevertap'])
    const failed = await world.deliveries(integration, 'failed')
    if (failed.length === 0) return
    const { delivery } = pick(failed)
    retried.add(`${integration} ${delivery.eventId}`)
    await world.delivery.retry(world.project, delivery.id, `${integration}:production`)
  }

  const anotherIdentity = async (): Promise<void> => {
    const { appUserId, aliases, customerId } = pick(events)
    moved.add(customerId)
    const customer = aliases[0] ?? appUserId
    if (draw(2) === 0) await world.setAttributes(customer, { $clevertapId: `CT-${customer}` })
    else await world.knownAs(customer, `${customer}-known`)
  }

  await emit()
  const steps = 3 + draw(4)
  for (let step = 0; step < steps; step += 1) {
    const act = draw(12)
    if (act < 4) await emit()
    else if (act === 4) await world.delivery.pause(world.project, pick(['segment', 'clevertap']), 'a person')
    else if (act === 5) await world.delivery.resume(world.project, pick(['segment', 'clevertap']))
    else if (act === 6) await retry()
    else if (act === 7) world.advance(draw(10) * MINUTE)
    else if (act === 8) await anotherIdentity()
    else troubled.deadly = { point: pick(POINTS), after: draw(4) }
    await work(troubled)
  }

  troubled.faulty = 0
  troubled.deadly = null
  for (const id of ['segment', 'clevertap']) await world.delivery.resume(world.project, id)
  // Twice: the leases of the dead are over by then, and what the scripts still held is used up.
  for (let round = 0; round < 2; round += 1) {
    await world.run()
    world.advance(31 * SECOND)
  }
  await world.run()

  const run = await runOf(world, events, retried, moved)
  const problems = [...troubled.violations, ...check(run)]
  tally.deliveries = run.wanted.length
  tally.failed = run.wanted.filter(({ status }) => status === 'failed').length
  tally.doubled =
    run.receipts.length - new Set(run.receipts.map((one) => `${one.integration}${one.event}${one.record}`)).size
  if (recordsIn(String(world.sendings[0]?.request.body ?? '{"batch":[]}')).length === 0)
    problems.push('nothing was sent')
  await world.close()
  return { problems, tally }
}

describe(`${SCHEDULES} schedules of faults, pauses, retries and deaths`, () => {
  const total: Tally = { deliveries: 0, faults: 0, crashes: 0, doubled: 0, failed: 0 }

  it('keep the promises', { timeout: 3_600_000 }, async () => {
    let next = 0
    const play = async (lane: Lane): Promise<void> => {
      while (next < SCHEDULES) {
        const name = `schedule ${next}`
        next += 1
        const { problems, tally } = await simulate(name, lane)
        expect(problems, `${name} of TRIBUTARY_TEST_SEED=${seed}`).toEqual([])
        for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key]
      }
    }
    await Promise.all(lanes.map(play))
  })

  it('are no idle play: faults, deaths, doubles and failures did occur', () => {
    console.log(JSON.stringify({ schedules: SCHEDULES, ...total }))
    expect(total.deliveries).toBeGreaterThan(SCHEDULES * 10)
    expect(total.faults).toBeGreaterThan(SCHEDULES)
    expect(total.crashes).toBeGreaterThan(SCHEDULES / 10)
    expect(total.doubled).toBeGreaterThan(SCHEDULES / 10)
    expect(total.failed).toBeGreaterThan(SCHEDULES / 10)
  })
})
