import type { DestinationConnector } from '../../api/connectors.ts'
import type { Field, FieldValues } from '../../api/field.ts'
import type { Integration } from '../../api/integrations.ts'
import { changedSettings, isFurther } from '../../parts/form/values.ts'

/** What the form of an integration holds while somebody fills it in. */
export interface Draft {
  /** What stands beside the settings: `id` (of a new one), `enabled`, `sandbox`, `live_from`. */
  readonly own: FieldValues
  readonly settings: FieldValues
  readonly names: Names
}

/** Names of events at the destination. What is typed stays while the defaults are used, in case they are not. */
export interface Names {
  readonly defaults: boolean
  readonly own: Readonly<Record<string, string>>
  /** Keys that are not sent. */
  readonly off: readonly string[]
}

export function draftOf(integration: Integration | null): Draft {
  if (integration === null) return { own: {}, settings: {}, names: { defaults: true, own: {}, off: [] } }
  const { enabled, sandbox, live_from, settings, event_names } = integration
  const entries = Object.entries(event_names)
  return {
    own: { enabled, sandbox, live_from },
    settings,
    names: {
      defaults: entries.length === 0,
      own: Object.fromEntries(entries.filter(([, name]) => name !== '')),
      off: entries.filter(([, name]) => name === '').map(([key]) => key),
    },
  }
}

/** As the hub has them: own names, an empty one for what is not sent, nothing where the default is used. */
export function eventNamesOf({ defaults, own, off }: Names): Record<string, string> {
  if (defaults) return {}
  const named = Object.entries(own).filter(([, name]) => name !== '')
  return { ...Object.fromEntries(named), ...Object.fromEntries(off.map((key) => [key, ''])) }
}

/** What is to be sent of a draft: what differs from what is stored, or all that is set of a new one. */
export function changesOf(destination: DestinationConnector, before: Draft, after: Draft) {
  const own = changedSettings(destination.integration_fields, before.own, after.own)
  const settings = changedSettings(destination.fields, before.settings, after.settings)
  const names = eventNamesOf(after.names)
  const renamed = !sameNames(eventNamesOf(before.names), names)
  return {
    ...own,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(renamed ? { event_names: names } : {}),
  }
}

function sameNames(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

/** Keys that every destination may declare and that most set. All others are told apart by how they are declared. */
const MONEY: readonly string[] = ['sales_reporting', 'currency']
const PLACE = 'region'

interface Sections {
  /** Credentials and where they belong to. */
  readonly connection: readonly Field[]
  readonly money: readonly Field[]
  readonly more: readonly Field[]
}

/** Where the declared fields of a destination stand in its form. */
export function sectionsOf(fields: readonly Field[]): Sections {
  const money = fields.filter(({ key }) => MONEY.includes(key))
  const connection = fields.filter(
    (field) => !money.includes(field) && (field.key === PLACE || (!isFurther(field) && field.type !== 'object')),
  )
  return { connection, money, more: fields.filter((field) => !money.includes(field) && !connection.includes(field)) }
}

/** The fields beside the settings, by their keys and in their order. */
export function ownFields(destination: DestinationConnector, keys: readonly string[]): readonly Field[] {
  return keys.flatMap((key) => destination.integration_fields.filter((field) => field.key === key))
}
