import { describe, expect, it } from 'vitest'
import { type Group, saveGroups } from '../../src/ingest/groups.ts'
import { type AskHistory, given, groupOf } from './given.ts'

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

  it('gives back, untouched, the purchases whose history is needed', async () => {
    const deps = given()
    const needs = groupOf('a', never)
    expect(await saveGroups([needs, known('b')], deps)).toEqual([needs])
    expect(deps.saved.flatMap(({ purchases }) => purchases ?? [])).toHaveLength(1)
    expect(deps.statusOf(needs.notifications[0]?.id ?? '')).toBeUndefined()
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
