import type { Figure } from '../domain/figures.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import { STANDINGS, type Standing, type Stands, standingAt } from '../domain/standing.ts'
import { integer, text, type Values } from './columns.ts'

/** Figures and standings from the columns that both drivers select. */

/** figure, beginning of the bucket, sum. */
export function figureFrom(values: Values): Figure {
  return { figure: text(values, 0), at: integer(values, 1), value: integer(values, 2) }
}

/** In the order of `STANDINGS`. */
export function standingsFrom(counts: readonly number[]): Readonly<Record<Standing, number>> {
  return Object.fromEntries(STANDINGS.map((standing, at) => [standing, counts[at] ?? 0])) as Record<Standing, number>
}

/** channel, how many. */
export function waitingFrom(rows: readonly Values[]): ReadonlyMap<string, number> {
  return new Map(rows.map((row) => [text(row, 0), integer(row, 1)]))
}

/** As what a purchase is counted that was saved without it; what cannot be read is counted as nothing. */
export function reckoned(body: string, now: number): Stands {
  try {
    return standingAt(JSON.parse(body) as Purchase, now)
  } catch {
    return { standing: null, until: null }
  }
}
