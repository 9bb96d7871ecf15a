import { isJson, type Json, textOf, wholeOf } from '../json.ts'

/**
 * Stripe's JSON → values, by hand. A field of another type than documented counts as absent: the rule that needs it says
 * so. A reference is an id or, where somebody asked for it, the whole object: `idOf` reads both.
 */
/** The year 5138: what lies beyond is no time. */
const LATEST_SECONDS = 100_000_000_000

/** Stripe's times are seconds; ours are milliseconds. */
export function timeOf(value: unknown): number | null {
  const seconds = wholeOf(value)
  return seconds === null || seconds <= 0 || seconds > LATEST_SECONDS ? null : seconds * 1000
}

export function idOf(value: unknown): string | null {
  return isJson(value) ? textOf(value.id) : textOf(value)
}

export function partOf(json: Json | null | undefined, field: string): Json | null {
  const value = json?.[field]
  return isJson(value) ? value : null
}

export interface List {
  readonly items: readonly Json[]
  /** What is here is not all: the rest must be fetched. */
  readonly hasMore: boolean
}

/** `{object: "list", data, has_more}`, or a bare array as some objects carry. */
export function listOf(value: unknown): List {
  const data: unknown = isJson(value) ? value.data : value
  const items: readonly unknown[] = Array.isArray(data) ? data : []
  return { items: items.filter(isJson), hasMore: isJson(value) && value.has_more === true }
}
