import type { Field, Settings, SettingsValue } from '../domain/field.ts'

export interface MaskedSecret {
  readonly set: boolean
  /** Absent for secrets so short that four characters would give them away. */
  readonly last4?: string
}

/** Below this, four characters are too large a part of a secret. */
const SHORTEST_WITH_TAIL = 12

/**
 * Settings as they may leave the hub: what no field declares is left out, secrets say only that they are set and how
 * they end.
 */
export function maskedSettings(fields: readonly Field[], settings: Settings): Record<string, unknown> {
  const shown: Record<string, unknown> = Object.create(null)
  for (const field of fields) {
    const value = settings[field.key]
    if (value === undefined) continue
    shown[field.key] = shownValue(field, value)
  }
  return shown
}

function shownValue(field: Field, value: SettingsValue): unknown {
  switch (field.type) {
    case 'secret':
      return maskedSecret(value)
    case 'secrets':
      return Array.isArray(value) ? value.map(maskedSecret) : null
    case 'object':
      return isMap(value) ? maskedSettings(field.fields, value) : null
    case 'text':
    case 'select':
    case 'toggle':
    case 'number':
    case 'texts':
    case 'seconds':
    case 'json':
      return value
  }
}

function maskedSecret(value: SettingsValue): MaskedSecret {
  if (typeof value !== 'string' || value === '') return { set: false }
  // A PEM key ends in a marker that says nothing.
  const text = value.trim()
  const isPem = text.startsWith('-----BEGIN')
  return text.length < SHORTEST_WITH_TAIL || isPem ? { set: true } : { set: true, last4: text.slice(-4) }
}

function isMap(value: SettingsValue): value is Readonly<Record<string, SettingsValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
