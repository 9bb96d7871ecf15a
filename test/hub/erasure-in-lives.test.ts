import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { customerId } from '../../src/domain/ids.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { randomOf } from '../seed.ts'
import { api, compared, eventsOf, postAll, type RunningHub, startInProcess, startWorld } from './harness.ts'
import { crowd } from './lives.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const MESSAGES = FULL ? 2_000 : 150
const PIECE = FULL ? 50 : 15

/** Every entry of every ledger, but for when it was written. */
async function ledgerOf(storage: Storage): Promise<readonly string[]> {
  return [...(await ledgerOfThose(storage, '')), ...(await ledgerOfThose(storage, '$erased:'))].sort()
}

async function ledgerOfThose(storage: Storage, query: string): Promise<readonly string[]> {
  const entries: string[] = []
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<Storage['searchCustomers']>> = await storage.searchCustomers({
      projectId: 'acme',
      query,
      after,
      limit: 100,
    })
    for (const { id } of page.items) {
      for (const { key } of await storage.listPurchases('acme', id)) {
        for (const { recordedAt: _, ...entry } of await storage.listLedger('acme', key))
          entries.push(JSON.stringify(entry))
      }
    }
    after = page.next
  } while (after !== null)
  return entries.sort()
}

async function eraseSome(hub: RunningHub, random: () => number): Promise<readonly string[]> {
  const known = new Set((await eventsOf(hub.address)).map((event) => event.app_user_id))
  const chosen = [...known].filter((id) => !id.startsWith('$erased:') && random() < 0.35)
  for (const id of chosen) {
    await api(hub.address, `/api/projects/acme/customers/${encodeURIComponent(id)}`, { method: 'DELETE' })
  }
  return chosen
}

describe('people who are erased in the middle of their lives', () => {
  it('change no event and no entry of a ledger, before or after', { timeout: FULL ? 600_000 : 120_000 }, async () => {
    const random = randomOf('erased in lives')
    const world = await startWorld({ project: { integrations: [] } })
    const left = await startInProcess(world, { env: { TRIBUTARY_DATA_DIR: join(world.folder, 'left') } })
    const erased = await startInProcess(world, { env: { TRIBUTARY_DATA_DIR: join(world.folder, 'erased') } })
    const messages = crowd(world, { count: MESSAGES, until: Date.now() }, random)
    const gone = new Set<string>()
    for (let at = 0; at < messages.length; at += PIECE) {
      for (const hub of [left, erased]) {
        const answers = await postAll(hub.address, messages.slice(at, at + PIECE), 1)
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
        await hub.idle()
      }
      for (const id of await eraseSome(erased, random)) gone.add(id)
    }
    expect(gone.size).toBeGreaterThan(2)
    const [mine, theirs] = [await eventsOf(left.address), await eventsOf(erased.address)]
    expect(compared(theirs)).toEqual(compared(mine))
    expect(mine.length).toBeGreaterThan(MESSAGES / 3)
    expect(await ledgerOf(erased.storage)).toEqual(await ledgerOf(left.storage))
    expect(await erased.storage.unfinishedErasures()).toEqual([])
    // Whoever came back by a new purchase has that and nothing else.
    let back = 0
    for (const id of gone) {
      const row = await erased.storage.getCustomer('acme', id)
      if (row === null) continue
      back += 1
      expect(row.id).toBe(customerId('acme', row.originalAppUserId))
    }
    expect(back).toBeLessThan(gone.size)
  })
})
