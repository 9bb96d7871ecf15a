import { describe, expect, it } from 'vitest'
import { createAccept } from '../../src/ingest/accept.ts'
import { createFetchGate } from '../../src/ingest/fetch-gate.ts'
import type { IngestMeter } from '../../src/ingest/meter.ts'
import { createPull } from '../../src/ingest/pull.ts'
import type { CursorStorage } from '../../src/storage/cursors.ts'
import type { CursorRow, NewNotification } from '../../src/storage/rows.ts'
import type { InboxStorage } from '../../src/storage/storage.ts'
import type { Accepted, PulledPage } from '../../src/stores/store.ts'
import { appOf, NOW, storeWith } from './given.ts'

const app = appOf('ios')
const never = (): Promise<never> => Promise.reject(new Error('not asked here'))
const WAITS: Accepted = { kind: 'unavailable', reason: 'The certificate could not be fetched.' }
const GOOD: Accepted = {
  kind: 'accepted',
  message: { sourceKey: 'a', environment: 'production', type: 'T', sentAt: NOW, body: Buffer.from('{}') },
}

/** A storage that keeps what it is given; the rest of it is not asked. */
function keeping(): { readonly kept: NewNotification[]; readonly storage: InboxStorage & CursorStorage } {
  const kept: NewNotification[] = []
  const cursors = new Map<string, CursorRow>()
  const storage = {
    keepNotifications: (rows: readonly NewNotification[], cursor?: CursorRow) => {
      kept.push(...rows)
      if (cursor !== undefined) cursors.set(cursor.name, cursor)
      return Promise.resolve(rows.map(({ id }) => ({ id, duplicate: false })))
    },
    loadCursor: (_project: string, _app: string, name: string) => Promise.resolve(cursors.get(name) ?? null),
    countRefused: never,
  }
  return { kept, storage: storage as unknown as InboxStorage & CursorStorage }
}

function meter(counted: string[]): IngestMeter {
  const note = (what: string) => (): void => void counted.push(what)
  return {
    refused: note('refused'),
    accepted: note('accepted'),
    unavailable: note('unavailable'),
    understood: note('understood'),
  } as unknown as IngestMeter
}

describe('a message that could not be judged', () => {
  it('is answered 503 with Retry-After, kept by nobody and counted as ours', async () => {
    const { kept, storage } = keeping()
    const counted: string[] = []
    const accept = createAccept({ inbox: storage, now: () => NOW, meter: meter(counted), kept: () => undefined })
    const store = { ...storeWith(never), accept: () => Promise.resolve(WAITS) }
    expect(await accept(store, app, { headers: {}, body: Buffer.from('{}') })).toEqual({
      status: 503,
      reason: 'The certificate could not be fetched.',
      duplicate: false,
      retryAfterS: 5,
    })
    expect(kept).toEqual([])
    expect(counted).toEqual(['unavailable'])
  })

  it('on a page of a list makes the page wait, whole', async () => {
    const { kept, storage } = keeping()
    const pages: (readonly Accepted[])[] = [[GOOD, WAITS], [GOOD]]
    const cursors: (string | null)[] = []
    const pull = createPull(
      {
        name: 'notifications',
        environment: 'production',
        from: () => '',
        pull: (cursor) => {
          cursors.push(cursor)
          const messages = pages.shift() ?? []
          const progress = { from: NOW, upTo: NOW, note: null }
          const page: PulledPage = { messages, cursor: 'next', caughtUp: true, againInMs: 60_000, progress }
          return Promise.resolve({ kind: 'fetched', value: page })
        },
      },
      app,
      {
        holder: null,
        storage,
        gate: createFetchGate(() => undefined),
        now: () => NOW,
        meter: meter([]),
        kept: () => undefined,
        log: () => undefined,
      },
    )
    expect(await pull()).toBeGreaterThan(0)
    expect(kept).toEqual([])
    expect(await pull()).toBe(60_000)
    expect(kept).toHaveLength(1)
    expect(cursors).toEqual([null, null])
  })
})
