import type { Field, Settings, SettingsValue } from '../domain/field.ts'
import { decimalOf } from '../domain/money.ts'
import { mask } from '../secrets/masking.ts'
import type { Catalogue } from './catalogue.ts'
import { isObject, mapSecrets } from './declared.ts'
import { type Entry, fieldsOf } from './rows.ts'

/** One value that changes, as text for people, secrets masked. `from` is null for what is new. */
export interface Change {
  readonly path: string
  readonly from: string | null
  readonly to: string | null
}

export function sameBody(a: Entry, b: Entry): boolean {
  return canonical(a.body) === canonical(b.body)
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** The values that differ, under the names that the config file has for them. */
export function changesOf(before: Entry | null, after: Entry, catalogue: Catalogue): readonly Change[] {
  const old = before === null ? new Map<string, Shown>() : shownOf(before, catalogue)
  const fresh = shownOf(after, catalogue)
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
  return paths.flatMap((path): readonly Change[] => {
    const from = old.get(path)
    const to = fresh.get(path)
    if (from?.exact === to?.exact) return []
    // Two secrets may end alike.
    const same = from !== undefined && to !== undefined && from.text === to.text ? ' (changed)' : ''
    return [{ path, from: from?.text ?? null, to: to === undefined ? null : to.text + same }]
  })
}

interface Shown {
  readonly exact: string
  readonly text: string
}

function shownOf(entry: Entry, catalogue: Catalogue): ReadonlyMap<string, Shown> {
  const shown = new Map<string, Shown>()
  const put = (path: string, value: SettingsValue, text = textOf(value)): void => {
    if (!isNothing(value)) shown.set(path, { exact: canonical(value), text })
  }
  const { body } = entry
  for (const [key, value] of Object.entries(body) as readonly (readonly [string, SettingsValue])[]) {
    switch (key) {
      case 'settings':
        break
      case 'commission_ppm':
      case 'tax_ppm':
        put(key.replace('_ppm', ''), value, String(decimalOf(Number(value))))
        break
      case 'events_from':
      case 'live_from':
      case 'confirmed_at':
        put(key, value, new Date(Number(value)).toISOString())
        break
      case 'event_names':
      case 'entitlements':
        for (const [name, own] of Object.entries(value as Readonly<Record<string, SettingsValue>>)) {
          shown.set(`${key}.${name}`, { exact: canonical(own), text: textOf(own) })
        }
        break
      default:
        put(key, value)
    }
  }
  if (entry.kind !== 'project') {
    const fields = fieldsOf(entry, catalogue)
    const { settings } = entry.body
    flatten(fields, settings, mapSecrets(fields, settings, mask), entry.kind === 'integration' ? 'settings.' : '', put)
  }
  return shown
}

type Put = (path: string, value: SettingsValue, text: string) => void

function flatten(fields: readonly Field[], settings: Settings, masked: Settings, prefix: string, put: Put): void {
  const byKey = new Map(fields.map((field) => [field.key, field]))
  for (const [key, value] of Object.entries(settings)) {
    const field = byKey.get(key)
    const shown = masked[key] ?? null
    if (field?.type === 'object' && isSettings(value) && isSettings(shown))
      flatten(field.fields, value, shown, `${prefix}${key}.`, put)
    else put(prefix + key, value, textOf(shown))
  }
}

function isSettings(value: SettingsValue): value is Settings {
  return isObject(value)
}

function isNothing(value: SettingsValue): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

function textOf(value: SettingsValue): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return value === '' ? '""' : value
}
