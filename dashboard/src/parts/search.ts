/** Readers of what an address holds: whatever is no plain text of a bearable length counts as not there. */

const MAX_LENGTH = 200

export function textIn(search: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = search[key]
  // The router reads `?customer=123` as a number.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH ? value : undefined
}

export function oneOf<Word extends string>(
  search: Readonly<Record<string, unknown>>,
  key: string,
  words: readonly Word[],
): Word | undefined {
  return words.find((word) => word === search[key])
}

/** Leaves out what is not set, so that the address holds nothing that says nothing. */
export function present<Search extends object>(
  search: Search,
): { [Key in keyof Search]?: Exclude<Search[Key], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as never
}
