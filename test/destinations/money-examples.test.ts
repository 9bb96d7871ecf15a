import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segment } from '../../src/destinations/segment/index.ts'
import { PRODUCT_CLASSES, PROGRAMS, TENURES } from '../../src/domain/commission/rule.ts'
import type { LifecycleEvent } from '../../src/domain/event.ts'
import { bundledRates } from '../../src/domain/exchange.ts'
import { type FrozenCustomer, freeze } from '../../src/domain/freeze.ts'
import { type Money, microsOfDecimal } from '../../src/domain/money.ts'
import { observe } from '../../src/domain/observe.ts'
import type { App, Project } from '../../src/domain/project.ts'
import { STORES } from '../../src/domain/purchase.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { SALES_REPORTING } from '../../src/domain/revenue.ts'
import { ruleTerms } from '../../src/domain/terms.ts'
import { KEY, observed, oneTime, period, refunded, TOLD } from '../domain/scenarios/by-hand.ts'
import { app as anApp, DAY } from '../domain/scenarios/play.ts'
import { seed } from '../seed.ts'
import { dataOf } from './clevertap/render.ts'
import { withDefaults } from './conformance.ts'
import { recordsOf, renderInput } from './render.ts'

/** The worked examples of docs/money.md against what the destinations receive. */

const PAGE = readFileSync(new URL('../../docs/money.md', import.meta.url), 'utf8')

interface Example {
  readonly n: number
  readonly cells: readonly string[]
}

const examples: readonly Example[] = PAGE.split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter((cells) => cells.length === 13 && /^\d+$/.test(cells[0] ?? ''))
  .map((cells) => ({ n: Number(cells[0]), cells }))

function oneOf<T extends string>(options: readonly T[], text: string): T {
  const found = options.find((option) => option === text)
  if (found === undefined) throw new Error(`"${text}" is none of ${options.join(', ')}`)
  return found
}

function micros(text: string): number {
  const found = microsOfDecimal(text)
  if (found === null) throw new Error(`"${text}" is no decimal`)
  return found
}

const project: Project = {
  id: 'acme',
  name: 'Acme',
  trackUnknownPurchases: true,
  identityHoldMs: 0,
  transferBehavior: 'transfer',
  resubscribeAs: 'initial_purchase',
  entitlements: {},
}

const customer: FrozenCustomer = {
  id: 'cus_1',
  originalAppUserId: 'anna',
  aliases: ['anna'],
  lastSeenAppUserId: 'anna',
  attributeSet: 'att_1',
}

interface Sold {
  readonly store: (typeof STORES)[number]
  readonly country: string
  readonly productClass: (typeof PRODUCT_CLASSES)[number]
  readonly programs: App['programs']
  readonly tenure: (typeof TENURES)[number]
  readonly at: number
  readonly price: Money
  readonly fees: { readonly commissionPpm: number; readonly taxPpm: number } | null
  readonly refundShare: number | null
}

function soldIn({ cells }: Example): Sold {
  const [
    ,
    store = '',
    country = '',
    product = '',
    programs = '',
    tenure = '',
    day = '',
    price = '',
    rates = '',
    refund,
  ] = cells
  const at = Date.parse(`${day}T12:00:00Z`)
  const [amount = '', currency = ''] = price.split(' ')
  const told = /^told: ([\d.]+), ([\d.]+)$/.exec(rates)
  return {
    store: oneOf(STORES, store),
    country,
    productClass: oneOf(PRODUCT_CLASSES, product),
    programs:
      programs === '–'
        ? []
        : programs.split(' ').map((one) => ({ program: oneOf(PROGRAMS, one), from: at - DAY, until: at + DAY })),
    tenure: oneOf(TENURES, tenure),
    at,
    price: { micros: micros(amount), currency },
    fees: told === null ? null : { commissionPpm: micros(told[1] ?? ''), taxPpm: micros(told[2] ?? '') },
    refundShare: refund === 'whole' ? 1_000_000 : refund === 'half' ? 500_000 : null,
  }
}

/** The events of the charge and, where there is one, of its refund: observed, put in the ledger, frozen. */
function eventsOf(sold: Sold): readonly LifecycleEvent[] {
  const { store, at, price, country: countryCode } = sold
  const app: App = { ...anApp, commissionRatePpm: null, taxRatePpm: null, programs: sold.programs ?? [] }
  const context = { eventsFrom: 0, terms: ruleTerms(app, bundledRates, project) }
  const particulars = { at, price, countryCode, version: at, ...(sold.fees === null ? {} : { fees: sold.fees }) }
  const charge =
    sold.productClass === 'one_time'
      ? oneTime({ ...particulars, period: 'p1' })
      : period({
          ...particulars,
          periodType: sold.productClass === 'prepaid' ? 'PREPAID' : 'NORMAL',
          ...(sold.tenure === '>=1y' ? { serviceSince: at - 400 * DAY } : {}),
        })
  const refund = refunded({ at: at + DAY, share: sold.refundShare ?? 0, keepsAccess: false })
  const kind = charge.kind === 'one_time' ? 'one_time' : 'subscription'
  const key = { ...KEY, store }
  const told = [[charge], ...(sold.refundShare === null ? [] : [[{ ...charge, ...TOLD }, refund]])]
  const events: LifecycleEvent[] = []
  let purchase: Purchase | null = null
  for (const facts of told) {
    const step = observe(purchase, observed(facts, { key, kind }), context)
    purchase = step.purchase
    for (const happening of step.happenings) {
      const now = happening.occurredAt
      const noTerms = (): never => {
        throw new Error('the charge is in the ledger')
      }
      const frozen = freeze(happening, step.purchase, {
        project,
        app,
        customer,
        seq: 1,
        now,
        provisionalUntil: null,
        fallbackTerms: noTerms,
      })
      events.push({ ...frozen, attributes: {} })
    }
  }
  return events
}

type Reported = { readonly micros: number; readonly currency: string } | string

function reportedIn(properties: Readonly<Record<string, unknown>>, key: string): Reported {
  const { [key]: value, currency, revenue_unavailable: unavailable } = properties
  if (value === undefined) return String(unavailable)
  return { micros: Math.round(Number(value) * 1_000_000), currency: String(currency) }
}

function atSegment(event: LifecycleEvent, mode: string, currency: string): Reported {
  const settings = withDefaults(segment.fields, { write_key: 'k', sales_reporting: mode, currency })
  const track = recordsOf(segment, renderInput(segment, settings, event)).find(({ kind }) => kind === 'track')
  if (track === undefined) throw new Error('no track')
  return reportedIn(track.body.properties as Readonly<Record<string, unknown>>, 'revenue')
}

function atCleverTap(event: LifecycleEvent, mode: string, currency: string): Reported {
  return reportedIn(dataOf(event, { sales_reporting: mode, currency, refunds: 'negative' }), 'amount')
}

describe('the worked examples of docs/money.md', () => {
  it('are at least 60, of every store, mode and refund', () => {
    expect(examples.length).toBeGreaterThanOrEqual(60)
    expect(examples.map(({ n }) => n)).toEqual(examples.map((_, index) => index + 1))
    expect(new Set(examples.map(({ cells }) => cells[1]))).toEqual(new Set(STORES))
    expect(new Set(examples.map(({ cells }) => cells[10]))).toEqual(new Set(SALES_REPORTING))
    expect(new Set(examples.map(({ cells }) => cells[9]))).toEqual(new Set(['–', 'whole', 'half']))
    expect(new Set(examples.map(({ cells }) => cells[7]?.split(' ')[1])).size).toBeGreaterThanOrEqual(7)
  })

  it.each(examples)('row $n is what Segment and CleverTap receive', (example) => {
    const { cells } = example
    const sold = soldIn(example)
    const event = eventsOf(sold).at(-1)
    if (event === undefined) throw new Error('no event')
    expect(event.type).toBe(
      sold.refundShare !== null
        ? 'CANCELLATION'
        : sold.productClass === 'one_time'
          ? 'NON_RENEWING_PURCHASE'
          : 'INITIAL_PURCHASE',
    )
    const [mode = '', own = '', usd = ''] = cells.slice(10)
    const purchased = { micros: micros(own), currency: sold.price.currency }
    const dollars = usd === 'unknown' ? 'rate_unknown' : { micros: micros(usd), currency: 'USD' }
    for (const at of [atSegment, atCleverTap]) {
      expect(at(event, mode, 'purchased')).toEqual(purchased)
      expect(at(event, mode, 'usd')).toEqual(dollars)
    }
  })
})

describe('a charge and its refund in one piece', () => {
  const price = fc.record({
    micros: fc.integer({ min: 1, max: 10 ** 10 }),
    currency: fc.constantFrom('EUR', 'JPY', 'USD', 'CNY', 'INR', 'GBP'),
  })
  const sold: fc.Arbitrary<Sold> = fc.record({
    store: fc.constantFrom(...STORES),
    country: fc.constantFrom('US', 'DE', 'FI', 'CN', 'JP', 'XX'),
    productClass: fc.constantFrom(...PRODUCT_CLASSES),
    programs: fc.subarray([...PROGRAMS]).map((some) => some.map((program) => ({ program, from: 0, until: null }))),
    tenure: fc.constantFrom(...TENURES),
    at: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2028, 0, 1) }),
    price,
    fees: fc.option(fc.record({ commissionPpm: fc.nat(500_000), taxPpm: fc.nat(400_000) })),
    refundShare: fc.constant(1_000_000),
  })

  it('sum to nothing in every mode and currency, at Segment and at CleverTap', () => {
    let seen = 0
    fc.assert(
      fc.property(sold, (one) => {
        const [charge, refund, ...others] = eventsOf(one)
        if (charge === undefined || refund === undefined || others.length > 0) throw new Error('two events')
        for (const mode of SALES_REPORTING) {
          for (const currency of ['usd', 'purchased']) {
            for (const at of [atSegment, atCleverTap]) {
              const [paid, back] = [at(charge, mode, currency), at(refund, mode, currency)]
              if (typeof paid === 'string' || typeof back === 'string') throw new Error(`${paid} ${back}`)
              expect(paid.micros + back.micros).toBe(0)
              expect(paid.currency).toBe(back.currency)
              seen += 1
            }
          }
        }
      }),
      { seed, numRuns: 150 },
    )
    expect(seen).toBe(150 * 12)
  })
})
