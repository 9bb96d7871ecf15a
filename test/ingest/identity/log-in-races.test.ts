import { afterEach, describe, expect, it } from 'vitest'
import { alias, type CustomerDeps, identify, openCustomer } from '../../../src/ingest/identity/customers.ts'
import { type Desk, openDesk } from './desk.ts'

/** A device sends its first requests all at once: one of them may come between what a log-in read and what it does. */

const ANON = `$RCAnonymousID:${'a'.repeat(32)}`

let here: Desk
afterEach(() => here.close())

/** Before its `n`-th step, this happens. */
function beforeStep(n: number, happens: () => Promise<unknown>): CustomerDeps {
  let steps = 0
  return {
    ...here.deps,
    storage: {
      ...here.storage,
      step: async (keys, compute) => {
        steps += 1
        if (steps === n) await happens()
        return here.storage.step(keys, compute)
      },
    },
  }
}

async function aliasesOf(id: string): Promise<readonly string[]> {
  return [...((await here.storage.getCustomer('acme', id))?.aliases ?? [])].sort()
}

describe('what makes the anonymous customer in the midst of it', () => {
  it('does not keep a log-in from making it one with the account', async () => {
    here = await openDesk()
    const deps = beforeStep(2, () => openCustomer('acme', ANON, here.deps))
    const { created } = await identify('acme', ANON, 'ann', deps)
    expect(created).toBe(true)
    expect(await aliasesOf(ANON)).toEqual([ANON, 'ann'])
    expect(await aliasesOf('ann')).toEqual([ANON, 'ann'])
  })

  it('does not keep an alias from being one', async () => {
    here = await openDesk()
    // Two looks: the first decides whether it is allowed.
    const deps = beforeStep(3, () => openCustomer('acme', ANON, here.deps))
    expect((await alias('acme', ANON, 'ann', false, deps)).kind).toBe('aliased')
    expect(await aliasesOf('ann')).toEqual([ANON, 'ann'])
  })
})

it('a log-in whose customer is merged elsewhere meanwhile comes to its account all the same', async () => {
  here = await openDesk()
  await openCustomer('acme', ANON, here.deps)
  const deps = beforeStep(2, () => identify('acme', ANON, 'bob', here.deps))
  await identify('acme', ANON, 'ann', deps)
  // The first log-in took the anonymous customer with it; the second is a switch.
  expect(await aliasesOf(ANON)).toEqual([ANON, 'bob'])
  expect(await aliasesOf('ann')).toEqual(['ann'])
})
