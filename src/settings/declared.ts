import { z } from 'zod'
import type { Field, Settings, SettingsValue } from '../domain/field.ts'

/**
 * Everything that is made from declared fields: validation, reading of file values, masking, sealing, reference tables.
 * A connector says what its settings are in one list; nothing else in the product does.
 */

// ── validation ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Shape = Record<string, z.ZodType>

/**
 * Values of `fields` as one object: unknown keys refused, defaults filled in, what is blank left out. `others` are keys
 * beside them that the caller checks by schemas of its own.
 */
export function fieldsSchema(fields: readonly Field[], others: Shape = {}): z.ZodType<Record<string, unknown>> {
  const own: Shape = Object.fromEntries(fields.map((field) => [field.key, fieldSchema(field)]))
  const checked = z
    .strictObject({ ...own, ...others }, { error: objectMessage([...Object.keys(own), ...Object.keys(others)]) })
    .superRefine((value, context) => {
      for (const missing of missingOfGroups(fields, value)) {
        context.addIssue({ code: 'custom', path: [missing.key], message: missing.message })
      }
    })
    .transform((value) => Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)))
  return z.preprocess((value) => (isObject(value) ? withFallbacks(fields, value) : value), checked)
}

/** Blank (null, '' or absent) means "not set": the default, or undefined. */
function withFallbacks(fields: readonly Field[], value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = fields.map((field) => {
    const given = Object.hasOwn(value, field.key) ? value[field.key] : undefined
    return [field.key, given === null || given === '' || given === undefined ? fallbackOf(field) : given] as const
  })
  return { ...value, ...Object.fromEntries(filled) }
}

function fallbackOf(field: Field): unknown {
  if (field.type === 'object') return field.later || field.fields.some(({ required }) => required) ? undefined : {}
  return 'default' in field ? field.default : undefined
}

function objectMessage(known: readonly string[]): (issue: { readonly code?: string }) => string {
  return ({ code }) =>
    code === 'unrecognized_keys'
      ? `is not known here; known are ${known.join(', ')}`
      : 'must be a group of keys and values'
}

function fieldSchema(field: Field): z.ZodType {
  if (field.later) return laterSchema(field)
  return optionally(field, valueSchema(field))
}

function valueSchema(field: Field): z.ZodType {
  switch (field.type) {
    case 'text':
    case 'secret':
      return textSchema(field)
    case 'secrets':
      return z
        .array(textSchema({ ...field, type: 'secret' }), 'must be a list, as [one, two]')
        .min(1, 'must hold at least one')
        .max(20, 'has more than 20 entries')
    case 'select':
      return oneOf(field.options.map(({ value }) => value))
    case 'toggle':
      return z.boolean('must be true or false')
    case 'number':
      return numberSchema(field)
    case 'texts': {
      const item = field.options === undefined ? plainText(500) : oneOf(field.options)
      return z.array(item, 'must be a list, as [one, two]').max(1000, 'has more than 1000 entries')
    }
    case 'seconds': {
      const whole = z.int('must be whole seconds')
      const seconds = whole.min(0, 'must not be negative').max(field.max, `must be at most ${field.max}`)
      return mapOf(seconds, 'must be names with seconds, as { name: 60 }')
    }
    case 'json':
      return mapOf(z.json(), 'must be a group of keys and values').refine(fitsJson, 'is larger than 8 KiB')
    case 'object':
      return fieldsSchema(field.fields)
  }
}

function optionally(field: Field, schema: z.ZodType): z.ZodType {
  if (!field.required) return schema.optional()
  const missing = `is missing: ${field.label}. ${field.help}`
  const present = z.unknown().superRefine((value, context) => {
    if (value === undefined) context.addIssue({ code: 'custom', message: missing })
  })
  return present.pipe(schema)
}

function textSchema(field: Extract<Field, { type: 'text' | 'secret' }>): z.ZodType {
  const multiline = field.type === 'secret' && field.multiline === true
  const base = multiline ? wellFormed(z.string('must be text')) : plainText(field.maxLength ?? 1000)
  const sized = base.refine((value) => value.length <= (field.maxLength ?? 16_384), 'is too long')
  if (field.pattern === undefined) return sized
  const pattern = new RegExp(`^(?:${field.pattern})$`, multiline ? 's' : '')
  return sized.refine((value) => pattern.test(value), field.patternHelp ?? 'has the wrong form')
}

/** One line: a control character in it could become a header or a log line of its own. */
export function plainText(maxLength: number): z.ZodType<string> {
  return wellFormed(z.string('must be text'))
    .refine((value) => !/\p{Cc}/u.test(value), 'must be one line without control characters')
    .refine((value) => value.length <= maxLength, `must be at most ${maxLength} characters`)
}

/** A lone surrogate or a NUL does not survive storage. */
function wellFormed(schema: z.ZodType<string>): z.ZodType<string> {
  return schema.refine((value) => value.isWellFormed() && !value.includes('\0'), 'has characters that are not text')
}

function oneOf<T extends string>(options: readonly T[]): z.ZodType<T> {
  return z.custom<T>((value) => options.some((option) => option === value), `must be one of ${options.join(', ')}`)
}

function numberSchema(field: Extract<Field, { type: 'number' }>): z.ZodType {
  const between = `must be between ${field.min} and ${field.max}`
  const number = field.integer ? z.int('must be a whole number') : z.number('must be a number')
  return number.min(field.min, between).max(field.max, between)
}

function mapOf(value: z.ZodType, message: string): z.ZodType<Record<string, unknown>> {
  return z
    .record(plainText(200), value, message)
    .refine((map) => Object.keys(map).length <= 200, 'has more than 200 entries')
}

const MAX_JSON_BYTES = 8192

function fitsJson(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_JSON_BYTES
}

/** Of an issue that is not built yet: the default, or something that says the same, passes. */
function laterSchema(field: Field): z.ZodType {
  const fallback = fallbackOf(field)
  const accepted = (value: unknown): boolean => isEmpty(value) || JSON.stringify(value) === JSON.stringify(fallback)
  const refusal = `not yet: ${field.label} comes with a later version; leave it out`
  return z
    .unknown()
    .optional()
    .refine(accepted, refusal)
    .transform(() => fallback)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function missingOfGroups(
  fields: readonly Field[],
  value: Record<string, unknown>,
): readonly { readonly key: string; readonly message: string }[] {
  const groups = Map.groupBy(
    fields.filter(({ group }) => group !== undefined),
    ({ group }) => group,
  )
  return [...groups.values()].flatMap((members) => {
    const set = members.find(({ key }) => value[key] !== undefined)
    if (set === undefined) return []
    return members
      .filter(({ key }) => value[key] === undefined)
      .map(({ key, help }) => ({ key, message: `is missing: it goes with ${set.key}. ${help}` }))
  })
}

// ── values as a file gives them ─────────────────────────────────────────────────────────────────────────────────────

/**
 * A YAML value fitted to what is declared: an account id like 0123 is text although it looks like a number, and a number
 * that comes from the environment is text although a number is meant. `textOf` gives a scalar's text as it was written.
 */
export function fitted(
  fields: readonly Field[],
  value: unknown,
  path: readonly string[],
  textOf: (path: readonly string[]) => string | null,
): unknown {
  if (!isObject(value)) return value
  const byKey = new Map(fields.map((field) => [field.key, field]))
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      const field = byKey.get(key)
      return [key, field === undefined ? part : fittedValue(field, part, [...path, key], textOf)]
    }),
  )
}

function fittedValue(
  field: Field,
  value: unknown,
  path: readonly string[],
  textOf: (path: readonly string[]) => string | null,
): unknown {
  switch (field.type) {
    case 'text':
    case 'secret':
    case 'select':
      return typeof value === 'number' || typeof value === 'boolean' ? (textOf(path) ?? value) : value
    case 'number':
      return numberFrom(value)
    case 'toggle':
      return value === 'true' || value === 'false' ? value === 'true' : value
    case 'secrets':
      return typeof value === 'string' && value !== '' ? [value] : value
    case 'texts':
      if (!Array.isArray(value)) return value
      return value.map((item: unknown, i) =>
        typeof item === 'number' || typeof item === 'boolean' ? (textOf([...path, String(i)]) ?? item) : item,
      )
    case 'seconds':
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, numberFrom(part)]))
        : value
    case 'json':
      return value
    case 'object':
      return fitted(field.fields, value, path, textOf)
  }
}

function numberFrom(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// ── secrets among the values ────────────────────────────────────────────────────────────────────────────────────────

/** The same values with every secret replaced. `path` as in `api_key.private_key`. */
export function mapSecrets(
  fields: readonly Field[],
  settings: Settings,
  replace: (text: string, path: string) => SettingsValue,
  prefix = '',
): Settings {
  const byKey = new Map(fields.map((field) => [field.key, field]))
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      const field = byKey.get(key)
      const path = prefix + key
      if (field?.type === 'secret' && typeof value === 'string') return [key, replace(value, path)]
      if (field?.type === 'secrets' && Array.isArray(value)) {
        const items: readonly SettingsValue[] = value
        return [key, items.map((item, i) => (typeof item === 'string' ? replace(item, `${path}.${i}`) : item))]
      }
      if (field?.type === 'object' && isSettings(value))
        return [key, mapSecrets(field.fields, value, replace, `${path}.`)]
      return [key, value]
    }),
  )
}

function isSettings(value: SettingsValue): value is Settings {
  return isObject(value)
}

/** Every secret of the values in the clear, for blotting them out of texts. */
export function secretsOf(fields: readonly Field[], settings: Settings): readonly string[] {
  const found: string[] = []
  mapSecrets(fields, settings, (text) => {
    found.push(text)
    return text
  })
  return found
}

// ── the reference page ──────────────────────────────────────────────────────────────────────────────────────────────

export interface FieldRow {
  readonly path: string
  readonly kind: string
  readonly fallback: string
  readonly meaning: string
}

/** One row for each field that can be set today, nested ones with their path. */
export function fieldRows(fields: readonly Field[], prefix = ''): readonly FieldRow[] {
  return fields
    .filter(({ later }) => !later)
    .flatMap((field): readonly FieldRow[] => {
      const path = prefix + field.key
      if (field.type === 'object') return fieldRows(field.fields, `${path}.`)
      return [{ path, kind: kindOf(field), fallback: shownFallbackOf(field), meaning: `${field.label}. ${field.help}` }]
    })
}

function kindOf(field: Exclude<Field, { type: 'object' }>): string {
  switch (field.type) {
    case 'text':
      return 'text'
    case 'secret':
      return field.multiline ? 'secret, several lines' : 'secret'
    case 'secrets':
      return 'list of secrets'
    case 'select':
      return field.options.map(({ value }) => value).join(', ')
    case 'toggle':
      return 'true, false'
    case 'number':
      return `${field.integer ? 'whole number' : 'number'} from ${field.min} to ${field.max}`
    case 'texts':
      return field.options === undefined ? 'list of texts' : `list of ${field.options.join(', ')}`
    case 'seconds':
      return `names with seconds up to ${field.max}`
    case 'json':
      return 'object'
  }
}

function shownFallbackOf(field: Field): string {
  if (field.required) return 'required'
  if (!('default' in field) || field.default === undefined) return '–'
  return typeof field.default === 'string' ? field.default : JSON.stringify(field.default)
}
