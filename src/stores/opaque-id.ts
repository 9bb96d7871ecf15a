/**
 * Whether a text that somebody shows as a store's id may be put into a request at all: one line of printable ASCII, of a
 * bounded length, and no step in a path (a part of dots alone would be read as one, however it is encoded).
 */
export function isOpaqueId(text: string, mostChars: number): boolean {
  return text.length <= mostChars && /^[!-~]+$/.test(text) && !/^\.+$/.test(text)
}
