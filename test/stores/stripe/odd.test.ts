import { describe, expect, it } from 'vitest'
import type { Json, SimulatedEvent } from '../../../src/stand-ins/stripe/event.ts'
import { randomOf } from '../../seed.ts'
import { DAY, decoded, kept, monthly, NOW, pro, START, simulated, stripeStore, withSettings } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 20_000 : 2_000
const random = randomOf('odd stripe objects')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

const ODD: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  1.5,
  9e99,
  9e15,
  '',
  'x',
  true,
  [],
  {},
  [null],
  [[]],
  { data: 'x' },
  { data: [5] },
]

/** The same tree with one value somewhere in it replaced. */
function bent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return pick(ODD)
  const [name] = [pick(Object.keys(value))]
  const inside = (value as Record<string, unknown>)[name]
  const next = random() < 0.25 ? pick(ODD) : bent(inside)
  if (Array.isArray(value)) return value.map((one, index) => (String(index) === name ? next : one))
  return { ...value, [name]: next }
}

function lives(): readonly SimulatedEvent[] {
  const stripe = simulated()
  const s = stripe.subscribe({ plan: monthly, addOns: [pro], trial: 'P7D', at: START })
  s.renew()
  s.change(pro, 'now', { at: START + 10 * DAY })
  s.schedule(monthly, { at: START + 11 * DAY })
  s.failToRenew()
  s.recover()
  s.refund({ at: START + 50 * DAY })
  s.dispute({ at: START + 51 * DAY })
  s.closeDispute('lost', { at: START + 52 * DAY })
  s.cancelNow('payment_disputed', { at: START + 53 * DAY })
  for (const at of [START, START + DAY, START + 2 * DAY]) stripe.subscribe({ plan: monthly, at }).renew()
  stripe.checkout({ at: START, lines: [{ price: 'p', product: 'q', amount: 1 }] })
  return stripe.events
}

/** What resolving makes of it where nothing is known and nothing can be asked. */
async function resolvedAlone(subject: string, event: SimulatedEvent): Promise<void> {
  const linked = (): Promise<null> => Promise.resolve(null)
  const request = { subject, environment: 'production', messages: [kept(event, NOW - DAY)], at: NOW, linked } as const
  const answer = await stripeStore().resolve?.(request, withSettings({}))
  expect(['fetched', 'absent']).toContain(answer?.kind)
  if (answer?.kind !== 'fetched') return
  for (const { observation } of answer.value.observations) {
    for (const fact of observation.facts) expect(Number.isSafeInteger(fact.at), fact.kind).toBe(true)
  }
}

describe('objects that are not as documented', () => {
  it(`${COUNT} are told, kept as unknown, or named in one sentence`, { timeout: 60_000 }, async () => {
    const events = lives()
    const stripe = simulated()
    const seen = new Map<string, number>()
    for (let n = 0; n < COUNT; n += 1) {
      const of = pick(events)
      const { object } = of.json.data as { readonly object: Json }
      let odd = bent(object)
      for (let more = below(3); more > 0; more -= 1) odd = bent(odd)
      const event = stripe.tell(
        of.type,
        typeof odd === 'object' && odd !== null && !Array.isArray(odd) ? (odd as Json) : {},
        { at: NOW },
      )
      let became = 'error'
      try {
        const result = decoded(event)
        became = result.kind
        if (result.kind === 'unresolved') await resolvedAlone(result.subject, event)
        if (result.kind === 'observed') {
          for (const fact of result.observation.facts) {
            expect(Number.isSafeInteger(fact.at), JSON.stringify(odd)).toBe(true)
            if (fact.kind === 'period' && fact.price !== null)
              expect(Number.isSafeInteger(fact.price.micros)).toBe(true)
          }
        }
      } catch (error) {
        expect(String(error), JSON.stringify(odd)).toMatch(/^Error: [A-Z][^\n]+\.$/)
      }
      seen.set(became, (seen.get(became) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual(['error', 'nothing', 'observed', 'unresolved'])
  })
})
