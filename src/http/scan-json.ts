/**
 * Looks over JSON before it is parsed. JSON.parse takes 200,000 nested arrays in its stride, but what it gives makes
 * JSON.stringify overflow the stack, so that a message which parses can kill the code that logs or forwards it; and two
 * keys of one name are read differently by different parsers.
 * One pass over the bytes, strings skipped natively: a real App Store notification (12 KB, one long string) takes about
 * a microsecond. It does not validate: what is no JSON is left to the parser.
 */
const MAX_DEPTH = 32
const MAX_KEYS = 2_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

/** Why this JSON is refused, as one sentence, or null. */
export function refuseJson(bytes: Buffer): string | null {
  /** Keys seen per open object; null for an array. Its length is the depth. */
  const open: (Set<string> | null)[] = []
  let keys = 0
  let lastStart = 0
  let lastEnd = 0
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at)
        if (end === -1) return null
        lastStart = at
        lastEnd = end + 1
        at = end
        break
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (open.length >= MAX_DEPTH) return `The JSON is nested deeper than ${MAX_DEPTH} levels; send a flatter one.`
        open.push(bytes[at] === OPEN_OBJECT ? new Set() : null)
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop()
        break
      case COLON: {
        keys += 1
        if (keys > MAX_KEYS) return `The JSON has more than ${MAX_KEYS} keys; send a smaller one.`
        const seen = open.at(-1)
        // No string since the last colon: no JSON, which is the parser's to say.
        if (!seen || lastEnd === 0) break
        const key = keyOf(bytes, lastStart, lastEnd)
        lastEnd = 0
        if (seen.has(key)) return 'The JSON names one key twice in the same object; send each key once.'
        seen.add(key)
        break
      }
    }
  }
  return null
}

/** Index of the quote that ends the string which begins at `start`, or -1. */
function endOfString(bytes: Buffer, start: number): number {
  for (let quote = bytes.indexOf(QUOTE, start + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let before = quote - 1
    while (before > start && bytes[before] === BACKSLASH) before -= 1
    // An even run of backslashes escapes itself and leaves the quote alone.
    if ((quote - 1 - before) % 2 === 0) return quote
  }
  return -1
}

/** Two spellings of one key ("a" and "\u0061") are the same key. */
function keyOf(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end)
  if (!raw.includes('\\')) return raw
  try {
    return JSON.stringify(JSON.parse(raw))
  } catch {
    return raw
  }
}
