import type { StoreConnector } from '../../api/connectors.ts'
import type { Field, FieldValues } from '../../api/field.ts'
import { asValues, changedSettings, isGiven } from '../../parts/form/values.ts'

/** What a form of an app holds: what every app has, and what only this store knows. */
export interface AppValues {
  readonly own: FieldValues
  readonly settings: FieldValues
}

/** How the fields of a store stand in its form. */
export interface AppFields {
  readonly id: readonly Field[]
  /** How messages come, and of which environments. */
  readonly way: readonly Field[]
  readonly settings: readonly Field[]
  /** Groups without a secret that may be left out: the programmes of a store. */
  readonly aside: readonly Field[]
  /** What most leave alone. */
  readonly further: readonly Field[]
}

const WAY = ['receive', 'environments']

export function fieldsOf(connector: StoreConnector): AppFields {
  const { app_fields: own, fields: settings } = connector
  return {
    id: own.filter(({ key }) => key === 'id'),
    way: own.filter(({ key }) => WAY.includes(key)),
    settings: settings.filter((field) => !isAside(field)),
    aside: settings.filter(isAside),
    further: own.filter(({ key }) => key !== 'id' && !WAY.includes(key)),
  }
}

/** What is there of an app under the keys of its fields. */
export function ownValues(connector: StoreConnector, app: object): FieldValues {
  const values = app as FieldValues
  return Object.fromEntries(connector.app_fields.map(({ key }) => [key, values[key]]))
}

function isAside(field: Field): boolean {
  return field.type === 'object' && field.required !== true && field.fields.every(({ type }) => type !== 'secret')
}

/** Of a new app: what was filled in. */
export function givenValues(fields: readonly Field[], values: FieldValues): FieldValues {
  const given = fields.flatMap((field): (readonly [string, unknown])[] => {
    const value = values[field.key]
    if (field.type !== 'object') return isGiven(value) ? [[field.key, value]] : []
    const inner = givenValues(field.fields, asValues(value))
    return Object.keys(inner).length === 0 ? [] : [[field.key, inner]]
  })
  return Object.fromEntries(given)
}

/** Of a stored app: what is otherwise now, as the hub takes changes. */
export function changesOf(connector: StoreConnector, before: AppValues, after: AppValues): FieldValues {
  const own = changedSettings(connector.app_fields, before.own, after.own)
  const settings = changedSettings(connector.fields, before.settings, after.settings)
  return { ...own, ...(Object.keys(settings).length > 0 ? { settings } : {}) }
}

/** `app-store`, with a number where there is one already. */
export function freeId(connector: StoreConnector, taken: readonly string[]): string {
  const plain = connector.slug ?? connector.id
  for (let n = 1; ; n++) {
    const id = n === 1 ? plain : `${plain}-${n}`
    if (!taken.includes(id)) return id
  }
}

const SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/

/** Where the store sends to once the app is saved; null while the id is none. */
export function addressOf(baseUrl: string, connector: StoreConnector, project: string, id: unknown): string | null {
  if (connector.slug === null || typeof id !== 'string' || !SLUG.test(id)) return null
  return `${baseUrl.replace(/\/+$/, '')}/notifications/${connector.slug}/${project}/${id}`
}
