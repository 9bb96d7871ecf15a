/** Milliseconds UTC → ISO 8601 with Z; null stays null. */
export function isoOf<T extends number | null>(at: T): T extends null ? null : string
export function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

/** A document that storage keeps as JSON text; `instead` where it is no JSON, so that one bad row spoils no page. */
export function parsedOr(text: string, instead: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return instead
  }
}
