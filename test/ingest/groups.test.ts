import { describe, expect, it } from 'vitest'
import { type Group, saveGroups } from '../../src/ingest/groups.ts'
import type { SimulatedNotification } from '../../src/stand-ins/app-store/notification.ts'
import { permutations } from '../domain/scenarios/play.ts'
import { type AskHistory, given, groupFrom, groupOf, NOW, playedStore } from './given.ts'

const DAY = 86_400_000
const PLAN = { product: 'monthly', price: 9.99, period: 'P1M', trial: 'P1W' } as const

const never: AskHistory = () => Promise.reject(new Error('not asked here'))

/** A group that needs no history: its messages say that none can be had. */
function known(name: string, messages = 1): Group {
  const group = groupOf(name, never, undefined, messages)
  return { ...group, historyOf: null }
}

/** A message that nobody has thought of: working it out throws. */
function spoiled(group: Group, at: number): Group {
  return {
    ...group,
    observations: group.observations.map((one, index) =>
      index === at ? { ...one, observation: { ...one.observation, facts: null as never } } : one,
    ),
  }
}

describe('saving a batch', () => {
  it('saves all its purchases in one transaction', async () => {
    const deps = given()
    expect(await saveGroups([known('a'), known('b'), known('c')], deps)).toEqual([])
    expect(deps.saved.map(({ purchases }) => purchases?.length)).toEqual([3])
  })

  it.each([
    ['initial_purchase', 'initial_purchase'],
    ['renewal', 'renewal'],
  ] as const)('names a chain that follows an ended one as the project says: %s', async (resubscribeAs, name) => {
    const s = playedStore('again').subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: NOW - DAY })
    const group = groupFrom([s.opening], never)
    const observations = group.observations.map(({ observation, notificationId }) => ({
      observation: {
        ...observation,
        facts: observation.facts.map((fact) =>
          fact.kind === 'period' ? { ...fact, returnsAfter: 'paid' as const } : fact,
        ),
      },
      notificationId,
    }))
    const deps = given()
    await saveGroups([{ ...group, observations, project: { ...group.project, resubscribeAs } }], deps)
    const events = deps.saved.flatMap((saved) => saved.events ?? []).map(({ event }) => event)
    expect(events.map((event) => event.name)).toEqual([name])
  })

  it('gives back, untouched, the purchases whose history is needed', async () => {
    const deps = given()
    const needs = groupOf('a', never)
    expect(await saveGroups([needs, known('b')], deps)).toEqual([needs])
    expect(deps.saved.flatMap(({ purchases }) => purchases ?? [])).toHaveLength(1)
    expect(deps.statusOf(needs.notifications[0]?.id ?? '')).toBeUndefined()
  })

  it('tells a batch in business order and asks for no history that it holds, whatever order it was kept in', async () => {
    const s = playedStore('trial').subscribe({ ...PLAN, at: NOW - 60 * DAY })
    const told = [s.opening, s.renew(), s.renew(), s.cancel({ at: NOW - DAY })]
    for (const order of permutations(told.length)) {
      const deps = given()
      const kept = order.map((index) => told[index] as SimulatedNotification)
      expect(await saveGroups([groupFrom(kept, never)], deps)).toEqual([])
      const events = deps.saved.flatMap((saved) => saved.events ?? []).map(({ event }) => event)
      expect(events.map(({ name }) => name)).toEqual(['trial_started', 'trial_converted', 'renewal', 'cancellation'])
      expect(events.every(({ seq }, index) => index === 0 || seq > (events[index - 1]?.seq ?? 0))).toBe(true)
    }
  })

  it('asks for the history when an early message of the batch needs it, though a later one would do without', async () => {
    const s = playedStore('trial').subscribe({ ...PLAN, at: NOW - 75 * DAY })
    const converted = s.renew()
    const deps = given()
    // Only what is signed later shows the trial that came before.
    const refunded = s.refund({ transactionId: s.transactions[0]?.id ?? '', at: NOW - DAY })
    const group = groupFrom([converted, refunded], never)
    expect(await saveGroups([group], deps)).toEqual([group])
    expect(deps.saved.flatMap((saved) => saved.events ?? [])).toEqual([])
  })

  it('parks the message that throws, alone: neither its batch nor its purchase', async () => {
    const deps = given()
    const bad = spoiled(known('bad', 3), 1)
    const good = known('good')
    expect(await saveGroups([bad, good], deps)).toEqual([])
    expect(bad.notifications.map(({ id }) => deps.statusOf(id)?.status)).toEqual(['understood', 'parked', 'understood'])
    expect(deps.statusOf(bad.notifications[1]?.id ?? '')?.note).toMatch(/null/)
    expect(deps.statusOf(good.notifications[0]?.id ?? '')?.status).toBe('understood')
  })

  it('parks nothing when the storage is down: all of it is tried again', async () => {
    const deps = given()
    deps.down = true
    await expect(saveGroups([known('a'), known('b')], deps)).rejects.toThrow('The disk is full.')
    expect(deps.changes).toEqual([])
  })
})
