import { describe, expect, it } from 'vitest'
import type { SimulatedEvent } from '../../../src/stand-ins/revenuecat/event.ts'
import { createSimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import type { InboundMessage } from '../../../src/stores/store.ts'
import { randomOf } from '../../seed.ts'
import { AUTHORIZATION, BOTH, DAY, feed, feedApp, inbound, NOW, SECRET, START } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('revenuecat mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

function authentic(): readonly SimulatedEvent[] {
  const sender = createSimulatedSender()
  for (const store of ['APP_STORE', 'PLAY_STORE', 'STRIPE', 'AMAZON']) {
    const s = sender.subscribe({ store, product: 'monthly', price: 9.99, period: 'P1M', at: START + below(50) * DAY })
    s.renew()
    s.failToRenew({ grace: 'P7D' })
    s.renew()
    s.refund({ at: s.latest.purchasedAt + DAY })
  }
  sender.buy({ product: 'coins', price: 1.99, at: START })
  sender.grant({ entitlement: 'premium', at: START, until: START + DAY })
  return sender.events
}

const pool = authentic()
const HEADER = 'x-revenuecat-webhook-signature'

type Mutation = (message: InboundMessage) => InboundMessage

const withHeader = (message: InboundMessage, name: string, value: string | undefined): InboundMessage => ({
  ...message,
  headers: { ...message.headers, [name]: value },
})
const signatureOf = ({ headers }: InboundMessage): string => String(headers[HEADER])

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a bit of the body': (message) => {
    const body = Buffer.from(message.body)
    const at = below(body.length)
    body[at] = (body[at] ?? 0) ^ (1 << below(8))
    return { ...message, body }
  },
  'the body cut': (message) => ({ ...message, body: message.body.subarray(0, below(message.body.length)) }),
  'another body': (message) => ({ ...message, body: pick(pool.filter(({ body }) => !body.equals(message.body))).body }),
  'a byte more': (message) => ({ ...message, body: Buffer.concat([message.body, Buffer.from(' ')]) }),
  'a digit of the signature': (message) => {
    const text = signatureOf(message)
    const at = text.indexOf('v1=') + 3 + below(64)
    const digit = '0123456789abcdef'[(Number.parseInt(text[at] ?? '0', 16) + 1 + below(15)) % 16] as string
    return withHeader(message, HEADER, text.slice(0, at) + digit + text.slice(at + 1))
  },
  'the signature cut': (message) => withHeader(message, HEADER, signatureOf(message).slice(0, below(78))),
  'another time': (message) =>
    withHeader(
      message,
      HEADER,
      signatureOf(message).replace(/t=(\d+)/, (_, t) => `t=${Number(t) + 1 + below(100)}`),
    ),
  'another secret': ({ body }) => inbound(body, { ...BOTH, signingSecrets: [`${SECRET}${below(1_000)}`] }),
  'an old signature': ({ body }) => inbound(body, BOTH, NOW - (302 + below(1e6)) * 1_000),
  'a signature of tomorrow': ({ body }) => inbound(body, BOTH, NOW + (302 + below(1e6)) * 1_000),
  'a letter of the authorization': (message) => {
    const at = below(AUTHORIZATION.length)
    return withHeader(message, 'authorization', `${AUTHORIZATION.slice(0, at)}~${AUTHORIZATION.slice(at + 1)}`)
  },
  'a header missing': (message) => withHeader(message, pick([HEADER, 'authorization']), undefined),
}

describe('mutated events', () => {
  it(`${COUNT} are refused, and the ${AUTHENTIC} authentic ones among them accepted`, async () => {
    const app = feedApp()
    const names = Object.keys(MUTATIONS)
    const seen = new Map<string, number>()
    let accepted = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect(await feed.accept(inbound(pick(pool).body), app)).toMatchObject({ kind: 'accepted' })
        accepted += 1
      }
      const name = names[n % names.length] as string
      const mutant = (MUTATIONS[name] as Mutation)(inbound(pick(pool).body))
      const answer = await feed.accept(mutant, app)
      if (answer.kind !== 'refused') throw new Error(`${name} was accepted: ${JSON.stringify(mutant.headers)}`)
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(accepted).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })
})

/** Authentic bodies whose fields are of any kind: the sender is trusted to be who it is, not to be well made. */
describe('events with fields of any kind', () => {
  const VALUES: readonly unknown[] = [
    null,
    '',
    'constructor',
    '__proto__',
    'x\u0000y',
    '\ud800',
    'a'.repeat(5_000),
    0,
    -1,
    1e300,
    Number.MAX_SAFE_INTEGER,
    0.1,
    true,
    [],
    [null, 'x'],
    {},
  ]

  it(`${COUNT} give an observation that is sound, nothing, or one sentence`, () => {
    const kinds = new Map<string, number>()
    for (let n = 0; n < COUNT; n += 1) {
      const { event } = pick(pool)
      const changed: Record<string, unknown> = { ...event }
      for (let k = 0; k <= below(3); k += 1) changed[pick(Object.keys(event))] = pick(VALUES)
      const body = Buffer.from(JSON.stringify({ event: changed }))
      let kind = 'error'
      try {
        const decoded = feed.decode({ body, environment: 'production', type: '', receivedAt: NOW }, feedApp())
        kind = decoded.kind
        if (decoded.kind === 'observed') {
          const { key, facts } = decoded.observation
          expect(`${key.chain}${facts.map(({ period }) => period).join('')}`).not.toMatch(/\p{Cc}/u)
          for (const fact of facts) expect(Number.isSafeInteger(fact.at)).toBe(true)
        }
      } catch (error) {
        expect(String(error)).toMatch(/^Error: [A-Z][^\n]{5,200}\.$/)
      }
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    expect([...kinds.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...kinds.keys()].sort()).toEqual(['error', 'nothing', 'observed'])
  })
})
