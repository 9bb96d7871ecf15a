import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLError,
} from 'yaml'
import { z } from 'zod'

/**
 * A config file after reading: its values with `${NAME}` and `{ file: path }` filled in, and where each stands. It
 * travels as JSON, so that a command can read files and environment on its own machine and send the result to the hub:
 * the hub never reads a file because a request names it.
 */
export interface ConfigDocument {
  /** As in messages: tributary.yaml. */
  readonly name: string
  readonly value: unknown
  /** JSON pointer → line, from 1. */
  readonly lines: Readonly<Record<string, number>>
  /** JSON pointer → text as it was written, of scalars that YAML reads as something else than text. */
  readonly texts: Readonly<Record<string, string>>
}

/** What is wrong with a file, for its author. `path` as in `projects.acme.apps.ios`; '' for the file as a whole. */
export interface Problem {
  readonly line: number
  readonly path: string
  readonly message: string
}

export interface FileSources {
  readonly name: string
  /** `${NAME}`: undefined when it is not set. */
  readonly env: (name: string) => string | undefined
  /** `{ file: path }`, the path as written: null when it cannot be read. */
  readonly file: (path: string) => string | null
}

export type ReadDocument =
  | { readonly kind: 'document'; readonly document: ConfigDocument }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

const MAX_BYTES = 1_048_576
const MAX_NODES = 200_000
/** Aliases can make a small file huge, and each is looked up in the whole of it. */
const MAX_ALIASES = 1000
const MAX_DEPTH = 40
const MAX_PROBLEMS = 20

const documentSchema = z.strictObject({
  name: z.string().max(1000),
  value: z.unknown(),
  lines: z.record(z.string(), z.int().min(1)),
  texts: z.record(z.string(), z.string()),
})

/** A document that came as JSON; null when it is none. */
export function documentFrom(json: unknown): ConfigDocument | null {
  const parsed = documentSchema.safeParse(json)
  return parsed.success ? { ...parsed.data, value: parsed.data.value } : null
}

/** Reads the text of a config file. Never throws; no message repeats a value, since any value may be a secret. */
export function readDocument(text: string, sources: FileSources): ReadDocument {
  if (Buffer.byteLength(text) > MAX_BYTES) return failed(1, 'is larger than 1 MiB; that is no config file')
  const counter = new LineCounter()
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(Math.max(0, offset)).line)
  try {
    const parsed = parseDocument(text, { lineCounter: counter, prettyErrors: false, strict: true, version: '1.2' })
    const faults = [...parsed.errors, ...parsed.warnings]
    if (faults.length > 0) {
      return { kind: 'problems', problems: parserProblems(faults, lineAt) }
    }
    const walk: Walk = { sources, lineAt, parsed, problems: [], lines: {}, texts: {}, nodes: 0, aliases: 0 }
    const value = visit(walk, parsed.contents, '', 1, 0)
    if (walk.problems.length > 0) return { kind: 'problems', problems: walk.problems }
    return { kind: 'document', document: { name: sources.name, value, lines: walk.lines, texts: walk.texts } }
  } catch (error) {
    // The parser recurses: thousands of brackets in a row end its stack.
    if (error instanceof RangeError) return failed(1, 'is nested too deeply')
    throw error
  }
}

function failed(line: number, message: string): ReadDocument {
  return { kind: 'problems', problems: [{ line, path: '', message }] }
}

/** The first of each line: one mistake often makes the parser stumble over the rest of it. */
function parserProblems(faults: readonly YAMLError[], lineAt: (offset: number) => number): readonly Problem[] {
  const first = new Map<number, Problem>()
  for (const fault of faults) {
    const line = lineAt(fault.pos[0])
    if (!first.has(line)) first.set(line, { line, path: '', message: sentenceOf(fault.code) })
  }
  return [...first.values()].slice(0, MAX_PROBLEMS)
}

// ── the walk ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Walk {
  readonly sources: FileSources
  readonly lineAt: (offset: number) => number
  readonly parsed: Document.Parsed
  readonly problems: Problem[]
  readonly lines: Record<string, number>
  readonly texts: Record<string, string>
  nodes: number
  aliases: number
}

function visit(walk: Walk, given: unknown, pointer: string, parentLine: number, depth: number): unknown {
  const line = lineOf(walk, given) ?? parentLine
  walk.lines[pointer] ??= line
  walk.nodes += 1
  const node = resolved(walk, given, line)
  if (depth > MAX_DEPTH || walk.nodes > MAX_NODES || walk.aliases > MAX_ALIASES) {
    if (walk.problems.length === 0)
      walk.problems.push({ line, path: '', message: 'is nested too deeply or has too many values' })
    return null
  }
  if (isMap(node)) return visitMap(walk, node.items, pointer, line, depth)
  if (isSeq(node)) return node.items.map((item, i) => visit(walk, item, `${pointer}/${i}`, line, depth + 1))
  if (isScalar(node)) return scalar(walk, node.value, node.source, pointer, line)
  return null
}

/** The node itself, or what an alias stands for. */
function resolved(walk: Walk, node: unknown, line: number): unknown {
  if (!isAlias(node)) return node
  walk.aliases += 1
  const target = walk.aliases > MAX_ALIASES ? null : node.resolve(walk.parsed)
  if (target === undefined) walk.problems.push({ line, path: '', message: sentenceOf('BAD_ALIAS') })
  return target
}

function visitMap(walk: Walk, pairs: readonly Pair[], pointer: string, line: number, depth: number): unknown {
  const named = pairs.map((pair) => ({ ...keyOf(walk, pair.key, line), value: pair.value }))
  const [only] = named
  if (named.length === 1 && only?.key === 'file' && isScalar(only.value) && typeof only.value.value === 'string') {
    return fromFile(walk, only.value.value, only.line)
  }
  const entries = named.flatMap(({ key, line: keyLine, value }) => {
    if (key === null) return []
    const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    walk.lines[below] = keyLine
    return [[key, visit(walk, value, below, keyLine, depth + 1)] as const]
  })
  return Object.fromEntries(entries)
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

function keyOf(walk: Walk, key: unknown, parentLine: number): { readonly key: string | null; readonly line: number } {
  const line = lineOf(walk, key) ?? parentLine
  const node = resolved(walk, key, line)
  const name = isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? '')) : null
  if (name !== null && !FORBIDDEN_KEYS.has(name)) return { key: name, line }
  walk.problems.push({
    line,
    path: '',
    message: name === null ? 'A key must be a single word' : `The key ${name} is not allowed`,
  })
  return { key: null, line }
}

function lineOf(walk: Walk, node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null
  const [start] = node.range as readonly unknown[]
  return typeof start === 'number' ? walk.lineAt(start) : null
}

function scalar(walk: Walk, value: unknown, source: string | undefined, pointer: string, line: number): unknown {
  if (typeof value === 'string') return filled(walk, value, line)
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (source !== undefined) walk.texts[pointer] = source
    return value
  }
  return null
}

// ── values from outside ─────────────────────────────────────────────────────────────────────────────────────────────

/** `${NAME}` anywhere in a text; `$${` stands for a literal `${`. */
function filled(walk: Walk, text: string, line: number): string {
  return text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (whole: string, name: string | undefined) => {
    if (name === undefined) return '${'
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || !whole.endsWith('}')) {
      walk.problems.push({
        line,
        path: '',
        message:
          'A dollar sign with a brace must hold a name of letters, digits and underscores; double the dollar sign to mean the characters themselves',
      })
      return ''
    }
    const value = walk.sources.env(name)
    if (value === undefined || value === '') {
      walk.problems.push({
        line,
        path: '',
        message: `The environment variable ${name} is not set; set it before running this`,
      })
    }
    return value ?? ''
  })
}

function fromFile(walk: Walk, path: string, line: number): string {
  const content = walk.sources.file(filled(walk, path, line))
  if (content === null) {
    walk.problems.push({
      line,
      path: '',
      message: `The file ${path} cannot be read; its path counts from the folder of the config file`,
    })
  }
  return (content ?? '').replace(/[\r\n]+$/, '')
}

// ── sentences ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The parser's own messages quote the text, which may be a secret. */
function sentenceOf(code: YAMLError['code']): string {
  switch (code) {
    case 'BAD_INDENT':
      return 'The indentation does not fit the lines before'
    case 'TAB_AS_INDENT':
      return 'A tab indents this line; use spaces'
    case 'DUPLICATE_KEY':
      return 'A key of this group stands here for the second time; keep one'
    case 'MULTIPLE_DOCS':
      return 'A second document begins here; a config file has one'
    case 'MISSING_CHAR':
      return 'A bracket, a quote, a comma or a colon is missing'
    case 'BAD_ALIAS':
      return 'The *name here has no &name before it'
    case 'TAG_RESOLVE_FAILED':
      return 'A tag (!name) stands here; a config file has none'
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return 'This cannot be a key; check the indentation and the quotes'
    default:
      return 'This is not valid YAML; check indentation, quotes and brackets'
  }
}
