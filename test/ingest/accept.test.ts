import { describe, expect, it } from 'vitest'
import { createAccept } from '../../src/ingest/accept.ts'
import type { InboxStorage } from '../../src/storage/storage.ts'
import { storeDeclarations } from '../../src/stores/registry.ts'
import type { Accepted, Store } from '../../src/stores/store.ts'
import { appOf, NOW } from './given.ts'

const notHere = (): Promise<never> => Promise.reject(new Error('Nothing may be stored.'))
const inbox: InboxStorage = {
  keepNotifications: notHere,
  claimNotifications: notHere,
  changeNotifications: notHere,
  nextNotificationDue: notHere,
  countRefused: notHere,
}

function storeThatAnswers(accepted: Accepted): Store {
  const [declaration] = storeDeclarations
  if (declaration === undefined) throw new Error('There is no store.')
  return {
    ...declaration,
    accept: () => Promise.resolve(accepted),
    decode: () => {
      throw new Error('not asked here')
    },
    canAskHistory: () => false,
    history: notHere,
  }
}

describe('accept', () => {
  it('answers 503 to a message that cannot be judged now: it is no forgery, and nothing of it is kept', async () => {
    const counted: string[] = []
    const count = (what: string) => () => void counted.push(what)
    const accept = createAccept({
      inbox,
      now: () => NOW,
      meter: {
        accepted: count('accepted'),
        refused: count('refused'),
        unavailable: count('unavailable'),
        understood: count('understood'),
        event: count('event'),
        unverified: count('unverified'),
      },
      kept: count('kept'),
    })
    const store = storeThatAnswers({ kind: 'unavailable', reason: 'The keys could not be fetched.' })
    expect(await accept(store, appOf('ios'), { headers: {}, body: Buffer.from('x') })).toEqual({
      status: 503,
      reason: 'The keys could not be fetched.',
      duplicate: false,
      retryAfterS: 5,
    })
    expect(counted).toEqual(['unavailable'])
  })
})
