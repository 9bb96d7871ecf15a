/** What a feed may write anything into, read more strictly than elsewhere: it becomes part of keys. */

const LONGEST = 1_000

/** Text that can name something: no control character (they part keys, and no database takes NUL), no half a letter. */
export function textOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > LONGEST) return null
  return value.isWellFormed() && !/\p{Cc}/u.test(value) ? value : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf).filter((one) => one !== null) : []
}
