import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import type { InboundMessage } from '../../../src/stores/store.ts'
import { randomOf } from '../../seed.ts'
import { appOf, DAY, inbound, monthly, NOW, post, pro, SECRET, simulated, stripeStore } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('stripe mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

/** What Stripe would send in a busy week. */
function authentic(): readonly SimulatedEvent[] {
  const accounts = [simulated({ livemode: true }), simulated({ livemode: false })]
  for (let n = 0; n < 20; n += 1) {
    const account = pick(accounts)
    const at = NOW - (60 + below(30)) * DAY
    const s = account.subscribe({ plan: monthly, at, ...(random() < 0.5 ? { trial: 'P7D' } : {}) })
    s.renew()
    s.cancel('portal', { at: s.state.periodStart + DAY })
    s.uncancel({ at: s.state.periodStart + 2 * DAY })
    s.change(pro, 'now', { at: s.state.periodStart + 3 * DAY })
    s.refund({ at: s.state.periodStart + 4 * DAY })
    account.checkout({ lines: [{ price: 'price_hat', product: 'prod_hat', amount: 500 }], at })
  }
  return accounts.flatMap(({ events }) => [...events])
}

const pool = authentic()
const seconds = Math.floor(NOW / 1000)
const mac = (body: Buffer, time: number | string, secret = SECRET): string =>
  createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
const signed = (of: SimulatedEvent, header: string): InboundMessage => ({
  headers: { 'stripe-signature': header },
  body: of.body,
})

type Mutation = (of: SimulatedEvent) => InboundMessage

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one bit of the body': (of) => {
    const body = Buffer.from(of.body)
    const at = below(body.length)
    body[at] = (body[at] ?? 0) ^ (1 << below(8))
    return { headers: { 'stripe-signature': of.header(NOW) }, body }
  },
  'the same JSON in other bytes': (of) => ({
    headers: { 'stripe-signature': of.header(NOW) },
    body: Buffer.from(JSON.stringify(of.json)),
  }),
  'a part of the body': (of) => ({
    headers: { 'stripe-signature': of.header(NOW) },
    body: of.body.subarray(0, below(of.body.length)),
  }),
  'the body of another event': (of) => ({
    headers: { 'stripe-signature': of.header(NOW) },
    body: pick(pool.filter((one) => one !== of)).body,
  }),
  'no header': (of) => ({ headers: {}, body: of.body }),
  'two headers': (of) => ({ headers: { 'stripe-signature': [of.header(NOW), of.header(NOW)] }, body: of.body }),
  'an empty secret': (of) => signed(of, `t=${seconds},v1=${mac(of.body, seconds, '')}`),
  'the secret of somebody else': (of) => signed(of, `t=${seconds},v1=${mac(of.body, seconds, `whsec_${below(1e9)}`)}`),
  'only the scheme v0': (of) => signed(of, `t=${seconds},v0=${mac(of.body, seconds)}`),
  'capital letters': (of) =>
    signed(
      of,
      `t=${seconds},v1=${mac(of.body, seconds)
        .toUpperCase()
        .replace(/^[0-9]*/, 'A')}`,
    ),
  'a signature cut short': (of) => signed(of, `t=${seconds},v1=${mac(of.body, seconds).slice(0, below(64))}`),
  'a signature too long': (of) => signed(of, `t=${seconds},v1=${mac(of.body, seconds)}${'0'.repeat(1 + below(8))}`),
  'another time than was signed': (of) => signed(of, `t=${seconds + pick([-1, 1, 100])},v1=${mac(of.body, seconds)}`),
  'two times': (of) => signed(of, `t=${seconds - below(9)},t=${seconds},v1=${mac(of.body, seconds)}`),
  'no time': (of) => signed(of, `v1=${mac(of.body, seconds)}`),
  'a time that is none': (of) => {
    const time = pick(['', '-1', '1e9', 'NaN', '0x10', ` ${seconds}x`, '99999999999999'])
    return signed(of, `t=${time},v1=${mac(of.body, time)}`)
  },
  'signed too long ago': (of) => {
    const time = seconds - 301 - below(100_000)
    return signed(of, `t=${time},v1=${mac(of.body, time)}`)
  },
  'signed in the future': (of) => {
    const time = seconds + 301 + below(100_000)
    return signed(of, `t=${time},v1=${mac(of.body, time)}`)
  },
  'one digit of the signature': (of) => {
    const digits = [...mac(of.body, seconds)]
    const at = below(64)
    digits[at] = digits[at] === '0' ? '1' : '0'
    return signed(of, `t=${seconds},v1=${digits.join('')}`)
  },
  'very many signatures': (of) =>
    signed(of, `t=${seconds},${Array.from({ length: 17 }, () => `v1=${mac(of.body, seconds)}`).join(',')}`),
}

describe('mutated events', () => {
  it(`${COUNT} are refused, and the ${AUTHENTIC} authentic ones among them accepted`, {
    timeout: 120_000,
  }, async () => {
    const store = stripeStore()
    const app = appOf()
    const names = Object.keys(MUTATIONS)
    const seen = new Map<string, number>()
    let accepted = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect(await post(store, inbound(pick(pool)), app)).toMatchObject({ kind: 'accepted' })
        accepted += 1
      }
      const name = names[n % names.length] as string
      const of = pick(pool)
      const answer = await post(store, (MUTATIONS[name] as Mutation)(of), app)
      if (answer.kind !== 'refused') throw new Error(`${name} of ${of.type} was accepted`)
      expect(answer.reason).not.toContain('whsec_')
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(accepted).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })
})
