/** Untyped JSON → typed values, by hand. A value of another type than documented counts as absent. */
export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LONGEST = 1_000

/** Text that can name something: no control character (they part keys, and no database takes NUL), no half a letter. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST) return null
  return value.isWellFormed() && !/\p{Cc}/u.test(value) ? value : null
}

/** A whole number that JSON can hold exactly. */
export function wholeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf).filter((one) => one !== null) : []
}
