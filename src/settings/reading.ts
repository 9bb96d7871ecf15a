import type { z } from 'zod'
import type { Field } from '../domain/field.ts'
import { fieldsSchema, fitted, isObject } from './declared.ts'
import type { ConfigDocument, Problem } from './document.ts'

/** A place in the document: where it is, and what a person calls it. */
export interface At {
  readonly pointer: readonly string[]
  readonly label: string
  /** Id of the project around it; '' outside of one. */
  readonly parent: string
}

/** One pass over a document: problems are gathered, so that a person sees all of them at once. */
export interface Reading {
  readonly document: ConfigDocument
  readonly problems: Problem[]
  readonly lineOf: (pointer: readonly string[]) => number
  /** What a problem calls its place: people read ids (`projects.acme.apps.ios`), forms positions (`tax_rules.0.rate`). */
  readonly nameOf: (at: At) => string
  /** What was seen, per kind of name: name → line. */
  readonly seen: Map<string, Map<string, number>>
}

export function startReading(document: ConfigDocument): Reading {
  const lineOf = (pointer: readonly string[]): number => {
    for (let length = pointer.length; length >= 0; length--) {
      const line = document.lines[encoded(pointer.slice(0, length))]
      if (line !== undefined) return line
    }
    return 1
  }
  return { document, problems: [], lineOf, nameOf: ({ label }) => label, seen: new Map() }
}

/** The same over values that no file holds, for forms. */
export function startFormReading(value: unknown): Reading {
  const reading = startReading({ name: '', value, lines: {}, texts: {} })
  return { ...reading, nameOf: ({ pointer }) => pointer.join('.') }
}

/** The key of `lines` and `texts` (RFC 6901). */
function encoded(pointer: readonly string[]): string {
  return pointer.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function below(at: At, key: string): At {
  return { ...at, pointer: [...at.pointer, key], label: at.label === '' ? key : `${at.label}.${key}` }
}

export function valueAt(reading: Reading, pointer: readonly string[]): unknown {
  let value: unknown = reading.document.value
  for (const part of pointer) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }
  return value
}

/** The entries of a list, named by their ids where they have one. */
export function itemsAt(reading: Reading, at: At): readonly At[] {
  const list = valueAt(reading, at.pointer)
  if (!Array.isArray(list)) return []
  return list.map((item: unknown, i) => {
    const id = isObject(item) ? (item.id ?? item.name) : undefined
    const name = typeof id === 'string' && id !== '' && id.length <= 63 ? id : String(i + 1)
    return {
      pointer: [...at.pointer, String(i)],
      label: `${at.label}.${name}`,
      parent: at.parent === '' ? name : at.parent,
    }
  })
}

export function note(reading: Reading, at: At, message: string): void {
  reading.problems.push({ line: reading.lineOf(at.pointer), path: reading.nameOf(at), message })
}

/** The values at a place, checked by their declared fields and by `others`; null after noting what is wrong. */
export function check(
  reading: Reading,
  at: At,
  fields: readonly Field[],
  others: Readonly<Record<string, z.ZodType>> = {},
): Readonly<Record<string, unknown>> | null {
  const { texts } = reading.document
  const given = fitted(
    fields,
    valueAt(reading, at.pointer) ?? {},
    at.pointer,
    (pointer) => texts[encoded(pointer)] ?? null,
  )
  const parsed = fieldsSchema(fields, others).safeParse(given)
  if (parsed.success) return parsed.data
  // The first of each place: a value with a line break in it need not hear of its pattern too.
  const noted = new Set<string>()
  for (const issue of parsed.error.issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [key]) : [[]]
    for (const key of keys) {
      const place = [...issue.path, ...key].map(String).reduce(below, at)
      if (noted.has(place.label)) continue
      noted.add(place.label)
      note(reading, place, sentence(issue.message))
    }
  }
  return null
}

/** What slipped through without words of ours. */
function sentence(message: string): string {
  return message.startsWith('Invalid') || message.startsWith('Unrecognized') ? 'has the wrong form' : message
}

/** Notes the second use of a name. `key` is where it stands, for the line. */
export function uniquely(reading: Reading, at: At, kind: string, name: string, key: string): void {
  const names = reading.seen.get(kind) ?? new Map<string, number>()
  reading.seen.set(kind, names)
  const place = below(at, key)
  const first = names.get(name)
  if (first === undefined) names.set(name, reading.lineOf(place.pointer))
  else note(reading, place, `is used on line ${first} already; each must be different`)
}
