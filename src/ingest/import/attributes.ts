import type { AttributeChange } from '../../customers/attributes.ts'
import type { ExportRow } from './row.ts'

/**
 * The attributes in a row: `{"$email": {"value": "…", "updated_at_ms": …}}`. Version 5 puts the JSON into quotes of its
 * own, which warehouses escape each in their way; 6 and 7 write it plainly. null when it cannot be read.
 */
export function attributesOf(
  row: Pick<ExportRow, 'reservedAttributes' | 'customAttributes'>,
): readonly AttributeChange[] | null {
  const reserved = changesIn(row.reservedAttributes)
  const custom = changesIn(row.customAttributes)
  return reserved === null || custom === null ? null : [...reserved, ...custom]
}

function changesIn(text: string): readonly AttributeChange[] | null {
  if (text === '') return []
  const json = objectIn(text)
  if (json === null) return null
  return Object.entries(json).flatMap(([key, given]): readonly AttributeChange[] => {
    const { value, updated_at_ms: at } = isObject(given) ? given : { value: given, updated_at_ms: null }
    if (typeof value !== 'string' || value === '') return []
    return [{ key, value, updatedAt: typeof at === 'number' && Number.isFinite(at) ? Math.floor(at) : null }]
  })
}

/** Plain, then quoted as a whole, then with its own quotes escaped. */
function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  const bare = text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text
  for (const form of [text, bare, bare.replaceAll('""', '"'), bare.replaceAll('\\"', '"')]) {
    const read = parsed(form)
    const value = typeof read === 'string' ? parsed(read) : read
    if (isObject(value)) return value
  }
  return null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
