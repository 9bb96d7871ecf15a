import { describe, expect, it, vi } from 'vitest'
import type { Observation } from '../../src/domain/observation.ts'
import { createHistories } from '../../src/ingest/histories.ts'
import type { Fetched } from '../../src/stores/store.ts'
import { PATIENT } from '../patience.ts'
import { type AskHistory, appOf, given, groupOf, NOW } from './given.ts'

const ABSENT: Fetched<Observation> = { kind: 'absent', reason: 'Apple lists no such chain.' }

/** A store whose answers come when the test says so. */
function slowStore() {
  const open: ((answer: Fetched<Observation>) => void)[] = []
  let asked = 0
  let most = 0
  const ask: AskHistory = () =>
    new Promise((resolve) => {
      asked += 1
      open.push(resolve)
      most = Math.max(most, open.length)
    })
  return {
    ask,
    get asked() {
      return asked
    },
    get most() {
      return most
    },
    /** Answers all that are open, and what is asked thereupon, until nothing is. */
    answerAll: async (): Promise<void> => {
      while (open.length > 0) {
        for (const answer of open.splice(0)) answer(ABSENT)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

describe('purchases that wait for their history', () => {
  it('are asked about eight at a time, 512 wait their turn, and the rest comes back later at no cost', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const store = slowStore()
    const groups = Array.from({ length: 600 }, (_, index) => groupOf(String(index), store.ask))
    await histories.take(groups)
    expect(store.asked).toBe(8)
    expect(histories.pending).toBe(520)
    expect(deps.changes).toHaveLength(80)
    for (const change of deps.changes)
      expect(change).toMatchObject({ status: 'waiting', tries: 0, dueAt: NOW + 30_000 })
    await store.answerAll()
    expect(store).toMatchObject({ asked: 520, most: 8 })
    expect(histories.pending).toBe(0)
    expect(deps.saved).toHaveLength(520)
  })

  it('of one app do not hold up those of another', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const [slow, quick] = [slowStore(), slowStore()]
    await histories.take(Array.from({ length: 50 }, (_, index) => groupOf(String(index), slow.ask)))
    const other = groupOf('other', quick.ask, appOf('other'))
    await histories.take([other])
    expect(quick.asked).toBe(1)
    await quick.answerAll()
    expect(deps.statusOf(other.notifications[0]?.id ?? '')?.status).toBe('understood')
    expect(histories.pending).toBe(50)
    await slow.answerAll()
  })

  it('are asked about once, with all that comes meanwhile and each message once', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const store = slowStore()
    const all = groupOf('a', store.ask, undefined, 3)
    const part = (from: number, to: number): typeof all => ({
      ...all,
      notifications: all.notifications.slice(from, to),
      observations: all.observations.slice(from, to),
    })
    await histories.take([part(0, 1)])
    // The first one again, as after a lease that ran out.
    await histories.take([part(0, 2)])
    await histories.take([part(2, 3)])
    await store.answerAll()
    expect(store.asked).toBe(1)
    expect(deps.saved).toHaveLength(1)
    expect(deps.saved[0]?.notifications?.map(({ id }) => id)).toEqual(all.notifications.map(({ id }) => id))
  })

  it('wait for a short time that the store names without a try, and for a long one with', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const answers: Fetched<Observation>[] = [
      { kind: 'retry', reason: 'too many requests', afterMs: 1 },
      { kind: 'retry', reason: 'too many requests', afterMs: 2 },
      { kind: 'retry', reason: 'come back tomorrow', afterMs: 600_000 },
    ]
    let asked = 0
    const group = groupOf('a', async () => answers[asked++] ?? ABSENT)
    await histories.take([group])
    await vi.waitFor(() => expect(histories.pending).toBe(0), PATIENT)
    await histories.stop()
    expect(asked).toBe(3)
    expect(deps.changes).toMatchObject([
      { status: 'waiting', tries: 1, note: 'come back tomorrow', dueAt: NOW + 600_000 },
    ])
    expect(deps.saved).toEqual([])
  })

  it('are not begun any more at the end, and what is under way is saved', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const store = slowStore()
    await histories.take(Array.from({ length: 20 }, (_, index) => groupOf(String(index), store.ask)))
    const stopped = histories.stop()
    await store.answerAll()
    await stopped
    expect(store.asked).toBe(8)
    expect(deps.saved).toHaveLength(8)
  })

  it('are tried again later when they could not be saved', async () => {
    const deps = given()
    const histories = createHistories(deps)
    const store = slowStore()
    await histories.take([groupOf('a', store.ask)])
    deps.down = true
    await store.answerAll()
    await histories.stop()
    expect(histories.pending).toBe(0)
    expect(deps.changes).toEqual([])
  })
})
