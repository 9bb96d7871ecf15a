import { afterEach, describe, expect, it } from 'vitest'
import { isAnonymousId, type LifecycleEvent } from '../../../src/domain/event.ts'
import { TRANSFER_BEHAVIORS } from '../../../src/domain/project.ts'
import { alias, identify, openCustomer, setAttributes } from '../../../src/ingest/identity/customers.ts'
import { randomOf } from '../../seed.ts'
import { type Desk, keyOf, openDesk } from './desk.ts'

/** Of random log-ins, aliases, receipts, notifications and deliveries nothing is lost, doubled, or told of a stranger. */
const HISTORIES = process.env.TRIBUTARY_TEST_FULL === '1' ? 1_000 : 16
const ACTS = 25
const PURCHASES = ['p', 'q', 'r']
const DEVICES = [1, 2, 3].map((n) => `$RCAnonymousID:${String(n).repeat(32)}`)
const PEOPLE = ['ann', 'bob', 'cy']
const TOKEN = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'

let open: Desk | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

type Random = () => number
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T

/** How many periods of each purchase are known by now: what the store says later holds all that it said before. */
type Bought = Map<string, number>

async function act(here: Desk, random: Random, bought: Bought, alone: boolean): Promise<void> {
  const anyone = (): string => pick(random, [...DEVICES, ...PEOPLE])
  const purchase = (): readonly [string, number] => {
    const name = pick(random, PURCHASES)
    const periods = Math.min(3, (bought.get(name) ?? 0) + (random() < 0.5 ? 1 : 0)) || 1
    bought.set(name, Math.max(periods, bought.get(name) ?? 0))
    return [name, periods]
  }
  const account = random() < 0.3 ? pick(random, [...PEOPLE, TOKEN]) : null
  switch (
    pick(random, [
      'notify',
      'notify',
      'receipt',
      'receipt',
      'receipt',
      'open',
      'log in',
      'alias',
      'attribute',
      'deliver',
      'deliver',
      'wait',
    ])
  ) {
    case 'notify': {
      const [name, periods] = purchase()
      return here.notify(name, account, periods)
    }
    case 'receipt': {
      const [name, periods] = purchase()
      const token = `${name}*${periods}${account === null ? '' : `@${account}`}`
      const outcome = await here.receipt(anyone(), token, { restore: random() < 0.5 })
      expect(['taken', 'refused']).toContain(outcome.kind)
      return
    }
    case 'open':
      return void (await openCustomer('acme', anyone(), here.deps))
    case 'log in':
      return void (await identify('acme', anyone(), pick(random, PEOPLE), here.deps))
    case 'alias':
      return void (await alias('acme', anyone(), anyone(), random() < 0.2, here.deps))
    case 'attribute': {
      const value = String(Math.floor(random() * 10))
      return void (await setAttributes('acme', anyone(), [{ key: 'plan', value, updatedAt: null }], here.deps))
    }
    case 'deliver':
      return void (await here.deliver(alone))
    case 'wait':
      here.advance(Math.floor(random() * 90_000))
  }
}

async function eventsOf(here: Desk): Promise<readonly LifecycleEvent[]> {
  const query = { projectId: 'acme', after: '', before: null, types: [], customer: null, environment: null, limit: 500 }
  return (await here.storage.listEvents(query)).items.map(({ event }) => event)
}

/** Each id has one customer, who knows that it has it; each purchase has one that exists. */
async function checkCustomers(here: Desk): Promise<void> {
  for (const id of [...DEVICES, ...PEOPLE, TOKEN]) {
    const customer = await here.storage.getCustomer('acme', id)
    if (customer === null) continue
    expect(customer.aliases).toContain(id)
    expect(new Set(customer.aliases).size).toBe(customer.aliases.length)
    for (const name of customer.aliases) {
      expect((await here.storage.getCustomer('acme', name))?.id).toBe(customer.id)
    }
  }
}

async function checkMoney(here: Desk, events: readonly LifecycleEvent[]): Promise<void> {
  for (const name of PURCHASES) {
    const rows = await here.storage.listLedger('acme', keyOf(name, here.app))
    const told = rows.filter(({ eventId }) => eventId !== null)
    const sum = events
      .filter(({ purchase }) => purchase.chain === name)
      .reduce((all, one) => all + (one.money.grossMicros ?? 0), 0)
    expect(told.reduce((all, { micros }) => all + (micros ?? 0), 0)).toBe(sum)
  }
}

describe('random histories of customers', () => {
  it(`keep every event, delivery, order and owner (${HISTORIES})`, async () => {
    const random = randomOf('histories of customers')
    let transfers = 0
    let joins = 0
    let delivered = 0
    for (let n = 0; n < HISTORIES; n += 1) {
      // Dealt in turn, not drawn: drawn ones had no transfer in one run of forty.
      const transferBehavior = TRANSFER_BEHAVIORS[n % TRANSFER_BEHAVIORS.length] ?? 'transfer'
      const here = await openDesk({ project: { transferBehavior } })
      open = here
      const bought: Bought = new Map()
      for (let done = 0; done < ACTS; done += 1) {
        // Two at once now and then: whoever comes second is computed on what the first has left.
        const acts = random() < 0.2 ? [false, false] : [true]
        await Promise.all(acts.map((alone) => act(here, random, bought, alone)))
      }
      here.advance(120_000)
      while ((await here.deliver()) > 0) expect(here.sent.length).toBeLessThan(1_000)
      const events = await eventsOf(here)
      const own = events.filter(({ type }) => type !== 'TRANSFER')
      // One for each period that anybody told of, whoever it was told of.
      const periods = [...bought.values()].reduce((all, count) => all + count, 0)
      expect(new Set(own.map(({ id }) => id)).size).toBe(own.length)
      expect(own).toHaveLength(periods)
      // Under an id of the customer that it is kept with: a merge moves both, a transfer neither.
      for (const event of events) {
        const customer = await here.storage.getCustomer('acme', event.appUserId)
        expect(customer?.id).toBe(await kept(here, event))
        expect(event.provisionalUntil).toBeNull()
      }
      await checkCustomers(here)
      await checkMoney(here, events)
      for (const channel of ['segment', 'clevertap']) {
        const sent = here.sent.filter((one) => one.channel === channel)
        expect(sent.map(({ event }) => event.id).sort()).toEqual(own.map(({ id }) => id).sort())
        expect(sent.map(({ event }) => event.appUserId).sort()).toEqual(own.map(({ appUserId }) => appUserId).sort())
        // Whoever was joined with whom meanwhile: of what waits for a customer the least seq goes first.
        expect(sent.filter(({ first }) => !first)).toEqual([])
      }
      transfers += events.length - own.length
      joins += events.filter(({ aliases }) => aliases.length > 1 && !aliases.every(isAnonymousId)).length
      delivered += here.sent.length
      await here.close()
      open = null
    }
    expect(transfers).toBeGreaterThan(0)
    expect(joins).toBeGreaterThan(HISTORIES / 5)
    expect(delivered).toBeGreaterThan(HISTORIES)
  }, 3_600_000)
})

/** The customer by whose list the event is found. */
async function kept(here: Desk, event: LifecycleEvent): Promise<string | undefined> {
  const query = { projectId: 'acme', after: '', before: null, types: [], environment: null, limit: 500 }
  const { items } = await here.storage.listEvents({ ...query, customer: event.appUserId })
  return items.some((one) => one.event.id === event.id)
    ? (await here.storage.getCustomer('acme', event.appUserId))?.id
    : undefined
}
