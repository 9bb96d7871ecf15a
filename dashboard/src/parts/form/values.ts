import type { Field, FieldValues, StoredSecret } from '../../api/field.ts'
import type { FieldError } from '../../api/problem.ts'

/** Errors of the server by the dotted path of their field, without the part before it. */
export type FieldErrors = Readonly<Record<string, string>>

/** `errors[]` of a problem below `under`: `settings.passcode` becomes `passcode`. */
export function errorsUnder(errors: readonly FieldError[], under: string): FieldErrors {
  const prefix = under === '' ? '' : `${under}.`
  return Object.fromEntries(
    errors
      .filter(({ at }) => at.startsWith(prefix))
      .map(({ at, message }) => [at.slice(prefix.length), faultText(message)]),
  )
}

/** A fault is said of its field, as in "is missing: Passcode."; beside the field it is a sentence of its own. */
function faultText(message: string): string {
  return /^[a-z]/.test(message) ? `This ${message}` : message
}

/** Those that no field of the form shows, so that none is lost. */
export function errorsElsewhere(errors: readonly FieldError[], under: string, fields: readonly Field[]) {
  const shown = (at: string): boolean =>
    fields.some(({ key }) => at === `${under}.${key}` || at.startsWith(`${under}.${key}.`))
  return errors.filter(({ at }) => !shown(at))
}

/** A short secret and a key file have no last four characters to show. */
export function isStoredSecret(value: unknown): value is StoredSecret {
  return typeof value === 'object' && value !== null && 'set' in value && typeof value.set === 'boolean'
}

/** Whether a value was given: a stored secret counts, an empty text does not. */
export function isGiven(value: unknown): boolean {
  if (isStoredSecret(value)) return value.set
  if (Array.isArray(value)) return value.length > 0
  return value !== undefined && value !== null && value !== ''
}

/**
 * What is to be sent: only what the reader changed. What was emptied goes as null, which clears it; a secret that was left
 * alone is left out, so that the stored one stays.
 */
export function changedSettings(fields: readonly Field[], before: FieldValues, after: FieldValues): FieldValues {
  const changes: [string, unknown][] = []
  for (const field of fields) {
    const [was, is] = [before[field.key], after[field.key]]
    if (same(was, is) || (isStoredSecret(is) && is === was)) continue
    if (field.type === 'object') {
      const inner = changedSettings(field.fields, asValues(was), asValues(is))
      const emptied = field.required !== true && !isStarted(is) && isStarted(was)
      if (emptied) changes.push([field.key, null])
      else if (Object.keys(inner).length > 0) changes.push([field.key, inner])
    } else changes.push([field.key, isGiven(is) || is === false || is === 0 ? is : null])
  }
  return Object.fromEntries(changes)
}

export function asValues(value: unknown): FieldValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as FieldValues) : {}
}

/** Whether anything of a group was filled in. What is needed in a group is not, as long as all of it is left out. */
export function isStarted(value: unknown): boolean {
  return Object.values(asValues(value)).some((one) => isGiven(one) && one !== false)
}

/** A field that most leave alone: it has a default, or is neither required nor in a group. */
export function isFurther(field: Field): boolean {
  if (field.required === true || field.group !== undefined) return false
  if (field.type === 'secret' || field.type === 'secrets' || field.type === 'object') return false
  return field.type === 'toggle' || field.type === 'json' || 'default' in field
}

/** The sentence that says when a field is needed; null: it may be left empty. */
export function needOf(field: Field, all: readonly Field[], values: FieldValues): 'required' | 'with its group' | null {
  if (field.required === true) return 'required'
  if (field.group === undefined) return null
  const others = all.filter(({ group, key }) => group === field.group && key !== field.key)
  return others.some(({ key }) => isGiven(values[key])) ? 'with its group' : null
}

/** What the browser can say before anything is sent; the hub has the last word. */
export function lookOver(fields: readonly Field[], values: FieldValues, under = ''): FieldErrors {
  const found: Record<string, string> = {}
  for (const field of fields) {
    const at = `${under}${field.key}`
    const value = values[field.key]
    if (field.type === 'object') {
      const left = field.required !== true && !isStarted(value)
      if (!left) Object.assign(found, lookOver(field.fields, asValues(value), `${at}.`))
    } else if (!isGiven(value) && needOf(field, fields, values) !== null)
      found[at] = `${field.label} is needed; fill it in.`
    else if ((field.type === 'text' || field.type === 'secret') && typeof value === 'string' && value !== '') {
      const fits = field.pattern === undefined || patternOf(field.pattern).test(value)
      if (!fits) found[at] = field.patternHelp ?? `${field.label} does not have the form that is expected.`
    }
  }
  return found
}

function patternOf(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 's')
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
