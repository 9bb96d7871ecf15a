import { stringify } from 'yaml'
import type { Settings } from '../domain/field.ts'
import type { SecretKeyRow } from '../storage/rows.ts'
import type { Catalogue } from './catalogue.ts'
import { APP_FIELDS, INTEGRATION_FIELDS, PROJECT_FIELDS } from './common.ts'
import { mapSecrets } from './declared.ts'
import { type Entry, fieldsOf, type OpenedRow } from './rows.ts'
import { appWritten, integrationWritten, projectWritten, type Written, withoutDefaults } from './written.ts'

/** What there is, as a config file: applying it changes nothing but who manages it. */

export interface Exported {
  readonly text: string
  /** The environment variables that stand in the place of secrets. */
  readonly variables: readonly string[]
}

/** What of these rows is of a project, or of all of them. What cannot be read is named at the head of the file. */
export function exportText(
  stored: { readonly rows: readonly OpenedRow[]; readonly keys: readonly SecretKeyRow[] },
  projectId: string | null,
  catalogue: Catalogue,
): Exported {
  const isAsked = (one: { readonly projectId: string }): boolean => projectId === null || one.projectId === projectId
  const rows = stored.rows.filter(({ row }) => isAsked(row))
  const entries = rows.flatMap((one) => (one.kind === 'entry' ? [one.entry] : []))
  const missing = rows.flatMap((one) => (one.kind === 'broken' ? [`${one.row.kind} ${one.row.id}: ${one.reason}`] : []))
  return written(entries, stored.keys.filter(isAsked), missing, catalogue)
}

function written(
  entries: readonly Entry[],
  keys: readonly SecretKeyRow[],
  missing: readonly string[],
  catalogue: Catalogue,
): Exported {
  const names = createNames()
  const projects = entries
    .filter((entry) => entry.kind === 'project')
    .map(({ id, body }) => {
      const own = entries.filter(({ projectId }) => projectId === id)
      const secretKeys = keys
        .filter(({ projectId }) => projectId === id)
        .map(({ name }) => ({ name, key: names.placeholder([id, 'key', name]) }))
      return {
        ...literal(withoutDefaults(PROJECT_FIELDS, projectWritten(id, body))),
        ...listOf('secret_keys', secretKeys),
        ...listOf(
          'apps',
          own.flatMap((one) => (one.kind === 'app' ? [appIn(one, catalogue, names)] : [])),
        ),
        ...listOf(
          'integrations',
          own.flatMap((one) => (one.kind === 'integration' ? [integrationIn(one, catalogue, names)] : [])),
        ),
      }
    })
  const variables = names.given()
  const body = stringify({ version: 1, projects }, { lineWidth: 0, aliasDuplicateObjects: false })
  return { text: [...headOf(variables), ...missing.map((one) => `# NOT HERE: ${one}`), body].join('\n'), variables }
}

function headOf(variables: readonly string[]): readonly string[] {
  if (variables.length === 0) return ['# Everything that this project has. It holds no secret.']
  return [
    '# Everything that this project has. Secrets are not in it: set these variables before you check or apply it.',
    ...variables.map((name) => `#   ${name}`),
  ]
}

function listOf(key: string, items: readonly Written[]): Written {
  return items.length === 0 ? {} : { [key]: items }
}

function appIn(entry: Extract<Entry, { kind: 'app' }>, catalogue: Catalogue, names: Names): Written {
  const { own, settings } = appWritten(entry.id, entry.body)
  const declared = catalogue.stores.get(entry.body.store)?.fields ?? []
  const common = APP_FIELDS.filter(({ key }) => !declared.some((field) => field.key === key))
  const fields = [...common, ...declared]
  const kept = withoutDefaults(fields, { ...own, ...settings })
  return withPlaceholders(entry, kept, fields, names)
}

function integrationIn(entry: Extract<Entry, { kind: 'integration' }>, catalogue: Catalogue, names: Names): Written {
  const { settings, event_names: eventNames, ...own } = integrationWritten(entry.id, entry.body)
  const fields = fieldsOf(entry, catalogue)
  const kept = withoutDefaults(fields, settings)
  const named = Object.keys(entry.body.event_names).length === 0 ? {} : { event_names: literal(eventNames) }
  return {
    ...literal(withoutDefaults(INTEGRATION_FIELDS, own)),
    settings: withPlaceholders(entry, kept, fields, names),
    ...named,
  }
}

/** Texts stand for themselves, secrets for a variable. */
function withPlaceholders(
  { projectId, id }: Entry,
  written: Written,
  fields: Parameters<typeof mapSecrets>[0],
  names: Names,
): Written {
  const plain = literal(written)
  return mapSecrets(fields, plain, (_text, path) => names.placeholder([projectId, id, path]))
}

/** `${` would name a variable: in a file it is written `$${`. */
function literal(value: unknown): Settings {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === 'string' ? part.replaceAll('${', '$$${') : part,
  ) as Settings
}

interface Names {
  placeholder(parts: readonly string[]): string
  given(): readonly string[]
}

/** ACME_IOS_API_KEY_PRIVATE_KEY; with a number where two would be the same. */
function createNames(): Names {
  const taken = new Set<string>()
  return {
    placeholder: (parts) => {
      const plain = parts
        .join('_')
        .toUpperCase()
        .replaceAll(/[^A-Z0-9]/g, '_')
        .replace(/^(?=\d)/, '_')
      let name = plain
      for (let n = 2; taken.has(name); n++) name = `${plain}_${n}`
      taken.add(name)
      return `\${${name}}`
    },
    given: () => [...taken].sort(),
  }
}
