/** What an address holds is text, and stays it: a long number keeps its digits, and `true` is a word that somebody typed. */

/** The values of `?key=value&…`; of a key that is there twice the last one. */
export function parseSearch(search: string): Record<string, unknown> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(search).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[key, String(value)]] : [],
  )
  const text = new URLSearchParams(texts).toString()
  return text === '' ? '' : `?${text}`
}

/** Readers of it: whatever is no plain text of a bearable length counts as not there. */

const MAX_LENGTH = 200

export function textIn(search: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = search[key]
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
