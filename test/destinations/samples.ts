import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { EVENT_NAMES } from '../../src/domain/event.ts'

/** What a golden file holds: whole requests in the first money mode, and how the others differ from them. */
export interface Golden {
  /** Environment → request with its body parsed and its secrets masked. */
  readonly requests: Readonly<Record<string, GoldenRequest>>
  /** `environment, money mode` → path in the body → value there, or "(absent)". Modes without difference are {}. */
  readonly differs: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
export interface GoldenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export const GOLDEN_SUFFIX = '.golden.json'
const BLOCK = /<!-- samples:start -->[\s\S]*?<!-- samples:end -->/

export function readGolden(folder: URL, name: string): Golden {
  return JSON.parse(readFileSync(new URL(`${name}${GOLDEN_SUFFIX}`, folder), 'utf8')) as Golden
}

/** One sample request per event (production, first money mode), in the order of the event table, as markdown. */
function samplesMarkdown(folder: URL): string {
  const present = new Set(readdirSync(folder).map((file) => file.replace(GOLDEN_SUFFIX, '')))
  const sections = EVENT_NAMES.filter((name) => present.has(name)).map((name) => {
    const request = readGolden(folder, name).requests.production
    if (request === undefined) throw new Error(`${name}${GOLDEN_SUFFIX} holds no request of production`)
    const title = name.replaceAll('_', ' ').replace(/^./, (letter) => letter.toUpperCase())
    return [
      `### ${title}`,
      '',
      `\`${request.method} ${request.url}\``,
      '',
      '```json',
      jsonText(request.body),
      '```',
      '',
    ].join('\n')
  })
  return sections.join('\n')
}

/**
 * The page's text with its block of samples as the golden files have it. With UPDATE_DOCS=1 the page is written,
 * so that the comparison that follows holds.
 */
export function withSamples(page: URL, folder: URL): { readonly found: string; readonly expected: string } {
  const found = readFileSync(page, 'utf8')
  if (!BLOCK.test(found)) throw new Error(`${page.pathname} has no block from samples:start to samples:end`)
  const block = `<!-- samples:start -->\n\n${samplesMarkdown(folder)}\n<!-- samples:end -->`
  const expected = found.replace(BLOCK, () => block)
  if (process.env.UPDATE_DOCS !== '1') return { found, expected }
  writeFileSync(page, expected)
  return { found: expected, expected }
}

/** JSON as the formatter leaves it in a page: a list of plain values stays on one line while it fits. */
function jsonText(value: unknown, indent = ''): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const deeper = `${indent}  `
  const wrapped = (open: string, inner: readonly string[], close: string): string =>
    inner.length === 0 ? open + close : `${open}\n${inner.map((line) => deeper + line).join(',\n')}\n${indent}${close}`
  if (!Array.isArray(value)) {
    const lines = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${jsonText(inner, deeper)}`)
    return wrapped('{', lines, '}')
  }
  const items = value.map((inner: unknown) => jsonText(inner, deeper))
  const line = `[${items.join(', ')}]`
  return line.includes('\n') || line.length > 90 ? wrapped('[', items, ']') : line
}
