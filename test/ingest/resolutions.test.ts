import { describe, expect, it } from 'vitest'
import type { Observation } from '../../src/domain/observation.ts'
import type { App } from '../../src/domain/project.ts'
import { createResolutions, type Matter } from '../../src/ingest/resolutions.ts'
import type { NotificationRow } from '../../src/storage/rows.ts'
import type { Fetched, Resolved, ResolveRequest, Store } from '../../src/stores/store.ts'
import { appOf, type Given, given, groupOf, NOW, project, rowOf, storeWith } from './given.ts'

const app = appOf('ios')
const never = (): Promise<never> => Promise.reject(new Error('not asked here'))

/** What a subscription's cancellation tells; each name is a purchase of its own. */
function observationOf(name: string): Observation {
  const [first] = groupOf(name, never).observations
  if (first === undefined) throw new Error('Nothing was told.')
  return { ...first.observation, history: 'unavailable' }
}

function message(id: string, sentAt = NOW): NotificationRow {
  return { ...rowOf(id, app), type: id, sentAt }
}

function matterOf(subject: string, rows: readonly NotificationRow[], resolve: NonNullable<Store['resolve']>): Matter {
  return {
    app,
    project,
    environment: 'production',
    subject,
    store: { ...storeWith(never), resolve },
    notifications: [...rows],
  }
}

function fetched(value: Partial<Resolved>): Fetched<Resolved> {
  return { kind: 'fetched', value: { observations: [], links: [], note: null, ...value } }
}

/** Takes the matters and waits until all of them are answered. */
async function resolved(deps: Given, matters: readonly Matter[]): Promise<void> {
  const resolutions = createResolutions(deps)
  await resolutions.take(matters)
  await resolutions.stop()
  expect(resolutions.pending).toBe(0)
}

describe('messages that only the store can explain', () => {
  it('are resolved together, oldest first, and saved in one transaction with their links', async () => {
    const deps = given()
    const requests: ResolveRequest[] = []
    const observation = observationOf('a')
    const matter = matterOf('token', [message('late', NOW), message('early', NOW - 1)], async (request) => {
      requests.push(request)
      return fetched({
        observations: [{ observation, message: 0 }],
        links: [{ name: 'token', key: observation.key }],
        note: 'The store says so already',
      })
    })
    await resolved(deps, [matter])
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ subject: 'token', environment: 'production', at: NOW })
    expect(requests[0]?.messages.map(({ type }) => type)).toEqual(['early', 'late'])
    expect(deps.saved).toHaveLength(1)
    // The period and its cancellation.
    expect(deps.statusOf('early')).toMatchObject({ status: 'understood', events: 2 })
    expect(deps.statusOf('late')).toMatchObject({ status: 'ignored', note: 'The store says so already' })
    expect(deps.linked.get('token')?.key).toEqual(observation.key)
  })

  it('find what an earlier one was linked to', async () => {
    const deps = given()
    const observation = observationOf('a')
    const links = [{ name: 'charge', key: observation.key }]
    await resolved(deps, [
      matterOf('first', [message('1')], async () => fetched({ observations: [{ observation, message: 0 }], links })),
    ])
    const found: (string | undefined)[] = []
    await resolved(deps, [
      matterOf('second', [message('2')], async ({ linked }) => {
        for (const name of ['charge', 'another']) found.push((await linked(name))?.key.chain)
        return fetched({})
      }),
    ])
    expect(found).toEqual([observation.key.chain, undefined])
  })

  it('may speak of several purchases, and caused what all of them give', async () => {
    const deps = given()
    const observations = ['a', 'b'].map((name) => ({ observation: observationOf(name), message: 0 }))
    await resolved(deps, [matterOf('token', [message('both')], async () => fetched({ observations }))])
    expect(deps.saved.map(({ purchases }) => purchases?.length)).toEqual([2])
    expect(deps.saved[0]?.notifications).toHaveLength(1)
    expect(deps.statusOf('both')).toMatchObject({ status: 'understood', events: 4 })
  })

  it('are compared only where a feed announces: no purchase, no link, and the page says who does', async () => {
    const feed: App = { ...appOf('rc'), store: 'revenuecat', settings: { authority: 'revenuecat' } }
    const deps = {
      ...given(),
      directory: () => ({ project: () => project, app: () => app, appsOf: () => [app, feed] }),
    }
    const observation = observationOf('a')
    const links = [{ name: 'token', key: observation.key }]
    const matter = matterOf('token', [message('told'), message('untold')], async () =>
      fetched({ observations: [{ observation, message: 0 }], links }),
    )
    await resolved(deps, [matter])
    expect(deps.saved.flatMap(({ purchases, events }) => [...(purchases ?? []), ...(events ?? [])])).toEqual([])
    expect(deps.saved.flatMap((save) => save.links ?? [])).toEqual([])
    expect(deps.statusOf('told')).toMatchObject({
      status: 'understood',
      events: 0,
      note: expect.stringContaining('rc'),
    })
    expect(deps.statusOf('untold')).toMatchObject({ status: 'ignored' })
  })

  it('wait when the store gives no answer, and nothing is changed', async () => {
    const deps = given()
    const answers: Fetched<Resolved>[] = [
      { kind: 'retry', reason: 'The store is down.', afterMs: 60_000 },
      { kind: 'credentials', reason: 'The key was refused.' },
    ]
    for (const answer of answers) {
      const matter = matterOf('token', [message('a'), { ...message('b'), tries: 2 }], async () => answer)
      await resolved(deps, [matter])
    }
    expect(deps.saved).toEqual([])
    expect(deps.changes.map(({ id, status, tries, dueAt, note }) => [id, status, tries, dueAt - NOW, note])).toEqual([
      ['a', 'waiting', 1, 60_000, 'The store is down.'],
      ['b', 'waiting', 3, 120_000, 'The store is down.'],
      ['a', 'waiting', 1, 300_000, 'The key was refused.'],
      ['b', 'waiting', 3, 300_000, 'The key was refused.'],
    ])
  })

  it('are parked after thirty days, and laid aside when the store knows nothing of them', async () => {
    const deps = given()
    const old = { ...message('old'), receivedAt: NOW - 31 * 86_400_000 }
    await resolved(deps, [matterOf('a', [old], async () => ({ kind: 'retry', reason: 'Still down.', afterMs: null }))])
    await resolved(deps, [matterOf('b', [message('b')], async () => ({ kind: 'absent', reason: 'No such token.' }))])
    expect(deps.statusOf('old')).toMatchObject({ status: 'parked', note: 'Still down.' })
    expect(deps.statusOf('b')).toMatchObject({ status: 'ignored', note: 'No such token.' })
  })

  it('are tried one by one when together they cannot be worked out: what fails alone is parked', async () => {
    const deps = given()
    const good = observationOf('good')
    const bad = { ...observationOf('bad'), facts: null as never }
    const rows = [message('1', NOW - 3), message('2', NOW - 2), message('3', NOW - 1)]
    const matter = matterOf('token', rows, async ({ messages }) =>
      fetched({
        observations: messages.map(({ type }, index) => ({
          observation: type === '2' ? bad : good,
          message: index,
        })),
      }),
    )
    await resolved(deps, [matter])
    expect(['1', '2', '3'].map((id) => deps.statusOf(id)?.status)).toEqual(['understood', 'parked', 'understood'])
    expect(deps.statusOf('2')?.note).toMatch(/null/)
  })

  it('stay claimed when the storage is down', async () => {
    const deps = given()
    deps.down = true
    const observation = observationOf('a')
    const matter = matterOf('token', [message('a')], async () =>
      fetched({ observations: [{ observation, message: 0 }] }),
    )
    await resolved(deps, [matter])
    expect(deps.changes).toEqual([])
  })

  it('that come while the store is asked are not lost: they wait for the next question', async () => {
    const deps = given()
    const { promise: answer, resolve: give } = Promise.withResolvers<Fetched<Resolved>>()
    const resolutions = createResolutions(deps)
    const asked: number[] = []
    const ask: NonNullable<Store['resolve']> = ({ messages }) => {
      asked.push(messages.length)
      return answer
    }
    await resolutions.take([matterOf('token', [message('first')], ask)])
    await resolutions.take([matterOf('token', [message('first'), message('second')], ask)])
    give(fetched({ observations: [{ observation: observationOf('a'), message: 0 }] }))
    await resolutions.stop()
    expect(asked).toEqual([1])
    expect(deps.statusOf('first')?.status).toBe('understood')
    expect(deps.statusOf('second')).toMatchObject({ status: 'waiting', dueAt: NOW, tries: 0 })
  })
})
