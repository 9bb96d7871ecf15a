import { createRates, type RateOverride, type Rates } from '../domain/exchange.ts'
import { EXCHANGE_RATES } from '../domain/exchange-rates.ts'
import type { Project } from '../domain/project.ts'
import { type Loop, startLoop } from '../ingest/loop.ts'
import type { HttpClient } from '../net/http.ts'
import type { RateStorage } from '../storage/rates.ts'

import { fxAnswerOf } from './fx-answer.ts'

/** The exchange rates that the hub works with: the bundled table, what TRIBUTARY_FX_URL told, a project's own. */
export interface RateBook {
  /** The present rates, those of a project among them. A frozen rate never changes by them. */
  of(project: Project | undefined): Rates
  /** Reads what is kept and, where that is due, asks. Gives the milliseconds until the next round. */
  round(): Promise<number>
  /** Milliseconds since the day of the newest rate. */
  ageMs(): number
}

interface RateDeps {
  readonly storage: RateStorage
  readonly http: HttpClient
  /** null: nobody is asked. */
  readonly url: string | null
  readonly now: () => number
  readonly warn: (details: Readonly<Record<string, unknown>>, message: string) => void
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** What is kept of the daily rates: older purchases have the table's. */
const KEPT_DAYS = 400
const MOST_BYTES = 262_144

export function createRateBook(deps: RateDeps): RateBook {
  const { storage, now } = deps
  let overrides: readonly RateOverride[] = []
  let current = createRates(EXCHANGE_RATES)
  let known = ''
  let asked = false
  const own = new WeakMap<Project, { readonly base: Rates; readonly rates: Rates }>()
  const load = async (): Promise<number> => {
    const rows = await storage.loadExchangeRates(KEPT_DAYS)
    const days = rows.map(({ day }) => day).join()
    if (days !== known) {
      overrides = rows.flatMap(({ day: date, rates }) =>
        Object.entries(JSON.parse(rates) as Readonly<Record<string, string>>).map(([currency, rate]) => ({
          currency,
          date,
          rate: BigInt(rate),
        })),
      )
      current = createRates(EXCHANGE_RATES, overrides)
      known = days
    }
    return Math.max(0, ...rows.map(({ fetchedAt }) => fetchedAt))
  }
  return {
    of: (project) => {
      const manual = project?.exchangeRates ?? []
      if (project === undefined || manual.length === 0) return current
      const made = own.get(project)
      if (made?.base === current) return made.rates
      const rates = createRates(EXCHANGE_RATES, [...overrides, ...manual])
      own.set(project, { base: current, rates })
      return rates
    },
    async round() {
      const fetchedAt = await load()
      // After a start a rate of the last hour will do; then one answer a day.
      const every = asked ? DAY_MS : HOUR_MS
      if (deps.url === null || now() - fetchedAt < every) return HOUR_MS
      asked = true
      if (await ask(deps, deps.url)) await load()
      return HOUR_MS
    },
    ageMs: () => Math.max(0, now() - Date.parse(current.newest)),
  }
}

/** Whether new rates were kept. */
async function ask({ http, storage, now, warn }: RateDeps, url: string): Promise<boolean> {
  const today = new Date(now()).toISOString().slice(0, 10)
  const place = new URL(url)
  place.searchParams.set('date', today)
  place.searchParams.set('base', 'USD')
  const answer = await http.send({ method: 'GET', url: place.href, maxBytes: MOST_BYTES })
  const told =
    answer.kind === 'fault'
      ? { kind: 'unusable' as const, why: `it does not answer (${answer.reason})` }
      : answer.status !== 200 || answer.truncated
        ? { kind: 'unusable' as const, why: `it answers ${answer.truncated ? 'too much' : answer.status}` }
        : fxAnswerOf(answer.body, now())
  if (told.kind === 'unusable') {
    warn(
      { why: told.why },
      'TRIBUTARY_FX_URL gave no exchange rates; it is asked again in an hour, and the last ones stand',
    )
    return false
  }
  const keepFrom = new Date(now() - KEPT_DAYS * DAY_MS).toISOString().slice(0, 10)
  await storage.saveExchangeRates({ day: told.day, rates: JSON.stringify(told.rates), fetchedAt: now() }, keepFrom)
  return true
}

/** Every process reads; one that only serves HTTP asks nobody. */
export function startRates(book: RateBook, failed: (error: unknown) => void): Loop {
  return startLoop({ round: () => book.round(), idleMs: HOUR_MS, failed })
}
