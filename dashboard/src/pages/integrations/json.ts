/** Bodies are mostly JSON; what is none is shown as the text that it is. */
export function jsonOf(text: unknown): unknown {
  if (typeof text !== 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
