import type { Field, Settings, SettingsValue } from '../domain/field.ts'
import { isObject } from './declared.ts'
import type { Written } from './written.ts'

/** A place in a form and what is wrong there, for people. */
export interface Fault {
  readonly at: string
  readonly message: string
}

/**
 * Stored settings with what a form gave of them: a key left out stays, null clears, everything else replaces. A secret
 * stays too where its mask comes back ({set, last4}) or nothing was typed; in a list of secrets each mask stands for the
 * stored one that ends so.
 */
export function mergeSettings(
  fields: readonly Field[],
  stored: Settings,
  given: Written,
  faults: Fault[],
  place: string,
): Written {
  const merged = new Map<string, unknown>(Object.entries(stored))
  const byKey = new Map(fields.map((field) => [field.key, field]))
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (value === null) {
      merged.delete(key)
      continue
    }
    const field = byKey.get(key)
    const before = stored[key]
    const at = `${place}.${key}`
    switch (field?.type) {
      case 'secret':
        if (value !== '' && !isMask(value)) merged.set(key, value)
        break
      case 'secrets':
        merged.set(key, Array.isArray(value) ? secretList(value, before, faults, at) : value)
        break
      case 'object':
        merged.set(
          key,
          isObject(value) ? mergeSettings(field.fields, isSettings(before) ? before : {}, value, faults, at) : value,
        )
        break
      default:
        merged.set(key, value)
    }
  }
  return Object.fromEntries(merged)
}

function isMask(value: unknown): value is { readonly set: boolean; readonly last4?: unknown } {
  return isObject(value) && typeof value.set === 'boolean'
}

function secretList(
  given: readonly unknown[],
  stored: SettingsValue | undefined,
  faults: Fault[],
  at: string,
): unknown[] {
  const left = Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string') : []
  return given.map((item, i) => {
    if (!isMask(item)) return item
    const found = left.findIndex((secret) => item.last4 === undefined || secret.endsWith(String(item.last4)))
    if (found < 0) {
      faults.push({ at: `${at}.${i}`, message: 'is none of the stored secrets; enter it again' })
      return ''
    }
    return left.splice(found, 1)[0]
  })
}

function isSettings(value: SettingsValue | undefined): value is Settings {
  return isObject(value)
}
