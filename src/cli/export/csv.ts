/**
 * A line of CSV (RFC 4180). A spreadsheet takes a text that begins with =, +, -, @, a tab or a line break for a formula:
 * such a text gets an apostrophe before it. Numbers are written as they are.
 */
export function csvLine(cells: readonly (string | number | bigint)[]): string {
  return cells.map((cell) => (typeof cell === 'string' ? quoted(cell) : String(cell))).join(',')
}

function quoted(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
