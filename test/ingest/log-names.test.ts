import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PurchaseKey } from '../../src/domain/purchase.ts'
import { createAsking, type Question } from '../../src/ingest/asking.ts'
import { type ClockDeps, clockRound } from '../../src/ingest/clock.ts'
import { type Group, saveGroups } from '../../src/ingest/groups.ts'
import { createResolutions, type Matter } from '../../src/ingest/resolutions.ts'
import { createUnverified } from '../../src/ingest/unverified.ts'
import { StorageUnavailable } from '../../src/storage/errors.ts'
import type { PurchaseRow } from '../../src/storage/rows.ts'
import type { Store } from '../../src/stores/store.ts'
import { appOf, type Given, given, groupOf, NOW, project, rowOf, storeWith } from './given.ts'

const TOKEN = 'kfldmnaboe.AO-J1OwDgQ7m9'
const HASH = createHash('sha256').update(TOKEN).digest('hex').slice(0, 12)
const app = { ...appOf('android'), store: 'play_store' as const }

const key: PurchaseKey = { projectId: 'acme', store: 'play_store', environment: 'production', chain: TOKEN, line: '' }

interface Heard {
  readonly deps: Given
  readonly lines: string[]
}

function heard(): Heard {
  const lines: string[] = []
  const deps = {
    ...given(),
    log: (message: string, details: object) => void lines.push(JSON.stringify([message, details])),
  }
  return { deps, lines }
}

const never = (): Promise<never> => Promise.reject(new Error('not asked here'))

function spoiled(): Group {
  const { observations, ...group } = groupOf(TOKEN, never)
  const bad = observations.map((one) => ({ ...one, observation: { ...one.observation, key, facts: null as never } }))
  return { ...group, key, app, observations: bad, historyOf: null }
}

describe('a purchase in the logs', () => {
  it('whose message cannot be worked out is named without its token', async () => {
    const { deps, lines } = heard()
    await saveGroups([spoiled()], deps)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`#${HASH}`)
    expect(lines[0]).not.toContain(TOKEN)
  })

  it('whose answer cannot be saved is named without its token', async () => {
    const { deps, lines } = heard()
    const resolve: NonNullable<Store['resolve']> = () =>
      Promise.resolve({ kind: 'fetched', value: { observations: [], links: [], note: null } })
    const matter: Matter = {
      app,
      project,
      environment: 'production',
      subject: TOKEN,
      store: { ...storeWith(never), resolve },
      notifications: [rowOf('n1', app)],
    }
    const down = (): Promise<never> => Promise.reject(new StorageUnavailable('The disk is full.', 5))
    const storage = { ...deps.storage, step: down, changeNotifications: down }
    const resolutions = createResolutions({ ...deps, storage })
    await resolutions.take([matter])
    await resolutions.stop()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(`#${HASH}`)
    expect(lines[0]).not.toContain(TOKEN)
  })

  it('that the store answers nothing about is named without its token', async () => {
    const { deps, lines } = heard()
    const [told] = groupOf(TOKEN, never).observations
    if (told === undefined) throw new Error('Nothing was told.')
    const row: PurchaseRow = {
      key,
      appId: app.id,
      customerId: 'cus_1',
      version: 1,
      checkAt: NOW,
      body: JSON.stringify({ key, facts: told.observation.facts }),
    }
    const answers = [
      () => Promise.resolve({ kind: 'retry' as const, afterMs: 1_000, reason: 'Google Play is down.' }),
      () => Promise.reject(new Error('That was not foreseen.')),
    ]
    for (const poll of answers) {
      const store: Store = { ...storeWith(never), name: 'play_store', canPoll: () => true, poll }
      const clock: ClockDeps = {
        ...deps,
        checks: {
          claimDueChecks: () => Promise.resolve([row]),
          nextCheckDue: () => Promise.resolve(null),
        } as unknown as ClockDeps['checks'],
        stores: new Map([['play_store', store]]),
        directory: () => ({ project: () => project, app: () => app, appsOf: () => [app] }),
        histories: { take: async () => {}, pending: 0, stop: async () => {} },
        unverified: createUnverified(() => {}),
        startedAt: NOW,
      }
      await clockRound(clock)
    }
    expect(lines).toHaveLength(2)
    expect(lines.filter((line) => line.includes(`#${HASH}`))).toHaveLength(2)
    expect(lines.filter((line) => line.includes(TOKEN))).toEqual([])
  })

  it('is named in the logs by another name than among what waits', async () => {
    const { deps, lines } = heard()
    const asking = createAsking<Question>({
      now: deps.now,
      log: deps.log,
      changeNotifications: async () => {},
      nameOf: () => TOKEN,
      logNameOf: () => 'somebody',
      join: () => {},
      carry: () => Promise.reject(new Error('The disk is full.')),
    })
    await asking.take([{ app, environment: 'production', notifications: [] }])
    await asking.stop()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('somebody')
    expect(lines[0]).not.toContain(TOKEN)
  })
})
