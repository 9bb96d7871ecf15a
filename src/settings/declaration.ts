import { z } from 'zod'
import type { EventName } from '../domain/event.ts'
import type { Field, Settings, SettingsValue } from '../domain/field.ts'
import { microsOfDecimal } from '../domain/money.ts'
import { TRANSFER_BEHAVIORS } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import { hashSecretKey } from '../secrets/masking.ts'
import { type AppBody, appOf, type IntegrationBody, type ProjectBody } from './bodies.ts'
import type { Catalogue } from './catalogue.ts'
import {
  APP_FIELDS,
  EVENT_NAME_KEYS,
  INTEGRATION_FIELDS,
  LATER_APP_FIELDS,
  PROJECT_FIELDS,
  SECRET_KEY_FIELDS,
  settingsFieldsOf,
  timeFrom,
} from './common.ts'
import { plainText } from './declared.ts'
import type { ConfigDocument, Problem } from './document.ts'
import { OFFERINGS, type OfferingsBody } from './offerings.ts'
import { COMMISSION_RULE_FIELDS, checkPrograms, exchangeRateAt, ruleAt, TAX_RULE_FIELDS } from './rates.ts'
import {
  type At,
  below,
  check,
  itemsAt,
  note,
  type Reading,
  startFormReading,
  startReading,
  uniquely,
  valueAt,
} from './reading.ts'

/** A config file, checked: what it says there should be. Secrets are in the clear. */
export interface Declaration {
  readonly projects: readonly DeclaredProject[]
}

export interface DeclaredProject {
  readonly id: string
  readonly body: ProjectBody
  readonly keys: readonly DeclaredKey[]
  readonly apps: readonly Declared<AppBody>[]
  readonly integrations: readonly Declared<IntegrationBody>[]
}

export interface Declared<B> {
  readonly id: string
  readonly line: number
  readonly body: B
}

export interface DeclaredKey {
  readonly name: string
  readonly line: number
  readonly hash: string
  readonly last4: string
  readonly length: number
}

export type Checked =
  | { readonly kind: 'declaration'; readonly declaration: Declaration }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

/** Checks a document against everything that is declared. `now` in milliseconds, for settings that depend on it. */
export function checkDocument(document: ConfigDocument, catalogue: Catalogue, now: number): Checked {
  const reading = startReading(document)
  const root: At = { pointer: [], label: '', parent: '' }
  check(reading, root, [], {
    version: z.literal(1, 'must be 1'),
    projects: z.array(z.unknown(), 'must be a list of projects'),
  })
  const projects = itemsAt(reading, below(root, 'projects')).flatMap(
    (at) => projectAt(reading, at, catalogue, now) ?? [],
  )
  return reading.problems.length > 0
    ? { kind: 'problems', problems: reading.problems.toSorted((a, b) => a.line - b.line) }
    : { kind: 'declaration', declaration: { projects } }
}

/** One project, app or integration that no file declares, by the same rules. Problems are named as a form names them. */
export type CheckedPart<B> =
  | { readonly kind: 'checked'; readonly id: string; readonly body: B }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }

export interface CheckedBy {
  readonly catalogue: Catalogue
  /** Milliseconds. */
  readonly now: number
}

export function checkProject(value: unknown, { catalogue, now }: CheckedBy): CheckedPart<ProjectBody> {
  return checkPart(value, '', (reading, at) => projectAt(reading, at, catalogue, now))
}

export function checkApp(projectId: string, value: unknown, { catalogue, now }: CheckedBy): CheckedPart<AppBody> {
  return checkPart(value, projectId, (reading, at) => appAt(reading, at, catalogue, now))
}

export function checkIntegration(
  projectId: string,
  value: unknown,
  { catalogue }: CheckedBy,
): CheckedPart<IntegrationBody> {
  return checkPart(value, projectId, (reading, at) => integrationAt(reading, at, catalogue))
}

export function checkKey(projectId: string, value: unknown): readonly Problem[] {
  const reading = startFormReading(value)
  keyAt(reading, { pointer: [], label: '', parent: projectId })
  return reading.problems
}

function checkPart<B>(
  value: unknown,
  parent: string,
  read: (reading: Reading, at: At) => { readonly id: string; readonly body: B } | null,
): CheckedPart<B> {
  const reading = startFormReading(value)
  const found = read(reading, { pointer: [], label: '', parent })
  return found === null || reading.problems.length > 0
    ? { kind: 'problems', problems: reading.problems }
    : { kind: 'checked', id: found.id, body: found.body }
}

// ── projects ────────────────────────────────────────────────────────────────────────────────────────────────────────

const LIST = z.array(z.unknown(), 'must be a list').nullish()
const ENTITLEMENTS = z
  .record(
    plainText(200),
    z.array(plainText(200), 'must be a list of product ids'),
    'must be names with lists of product ids',
  )
  .nullish()

function projectAt(reading: Reading, at: At, catalogue: Catalogue, now: number): DeclaredProject | null {
  const values = check(reading, at, PROJECT_FIELDS, {
    entitlements: ENTITLEMENTS,
    commission_rules: LIST,
    tax_rules: LIST,
    exchange_rates: LIST,
    offerings: OFFERINGS,
    secret_keys: LIST,
    apps: LIST,
    integrations: LIST,
  })
  const list = (key: string): readonly At[] => itemsAt(reading, below(at, key))
  const keys = list('secret_keys').flatMap((item) => keyAt(reading, item) ?? [])
  const rules = ratesAt(reading, list)
  const apps = list('apps').flatMap((item) => appAt(reading, item, catalogue, now) ?? [])
  const integrations = list('integrations').flatMap((item) => integrationAt(reading, item, catalogue) ?? [])
  if (values === null) return null
  const id = String(values.id)
  uniquely(reading, at, 'project', id, 'id')
  const offerings = (values.offerings ?? {}) as OfferingsBody
  return {
    id,
    keys,
    apps,
    integrations,
    body: {
      name: typeof values.name === 'string' ? values.name : id,
      track_unknown_purchases: values.track_unknown_purchases === true,
      identity_hold_seconds: Number(values.identity_hold_seconds),
      transfer_behavior: TRANSFER_BEHAVIORS.find((one) => one === values.transfer_behavior) ?? 'transfer',
      resubscribe_as: values.resubscribe_as === 'renewal' ? 'renewal' : 'initial_purchase',
      entitlements: (values.entitlements ?? {}) as ProjectBody['entitlements'],
      ...rules,
      ...(Object.keys(offerings).length === 0 ? {} : { offerings }),
    },
  }
}

/** A project's own rates; nothing where it has none, so that what was stored before stays the same. */
function ratesAt(
  reading: Reading,
  list: (key: string) => readonly At[],
): Pick<ProjectBody, 'commission_rules' | 'tax_rules' | 'exchange_rates'> {
  const commission = list('commission_rules').flatMap((at) => ruleAt(reading, at, COMMISSION_RULE_FIELDS) ?? [])
  const tax = list('tax_rules').flatMap((at) => ruleAt(reading, at, TAX_RULE_FIELDS) ?? [])
  const exchange = list('exchange_rates').flatMap((at) => exchangeRateAt(reading, at) ?? [])
  return {
    ...(commission.length === 0 ? {} : { commission_rules: commission }),
    ...(tax.length === 0 ? {} : { tax_rules: tax }),
    ...(exchange.length === 0
      ? {}
      : { exchange_rates: exchange.map((one) => ({ ...one, rate: one.rate.toString() })) }),
  }
}

function keyAt(reading: Reading, at: At): DeclaredKey | null {
  const values = check(reading, at, SECRET_KEY_FIELDS)
  if (values === null) return null
  const key = String(values.key)
  const name = String(values.name)
  uniquely(reading, at, `${at.parent}.secret_keys`, name, 'name')
  uniquely(reading, at, 'secret key', hashSecretKey(key), 'key')
  return { name, line: reading.lineOf(at.pointer), hash: hashSecretKey(key), last4: key.slice(-4), length: key.length }
}

// ── apps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function appAt(reading: Reading, at: At, catalogue: Catalogue, now: number): Declared<AppBody> | null {
  const name = valueAt(reading, [...at.pointer, 'store'])
  const store = typeof name === 'string' ? catalogue.stores.get(name) : undefined
  if (typeof name === 'string' && name !== '' && store === undefined) {
    note(reading, below(at, 'store'), `must be one of ${[...catalogue.stores.keys()].join(', ')}`)
    return null
  }
  const declared = store?.fields ?? []
  const laterOnes = LATER_APP_FIELDS.filter(({ key }) => !declared.some((field) => field.key === key))
  // A store may word a common field in its own way, with a default of its own: what Stripe keeps is no 30 per cent.
  const common = APP_FIELDS.filter(({ key }) => !declared.some((field) => field.key === key))
  const values = check(reading, at, [...common, ...laterOnes, ...declared])
  if (values === null || store === undefined) return null
  const id = String(values.id)
  const publicKey = typeof values.public_key === 'string' ? values.public_key : null
  uniquely(reading, at, `${at.parent}.apps`, id, 'id')
  if (publicKey !== null) uniquely(reading, at, 'public key', publicKey, 'public_key')
  const environments = values.environments as readonly Environment[]
  if (environments.length === 0)
    note(reading, below(at, 'environments'), 'must name at least one of production, sandbox')
  const body: AppBody = {
    store: store.name,
    public_key: publicKey,
    environments: [...new Set(environments)],
    receive: values.receive === 'pull' ? 'pull' : 'push',
    events_from: timeAt(reading, at, 'events_from', values),
    commission_ppm: fractionAt(reading, at, 'commission', values),
    tax_ppm: fractionAt(reading, at, 'tax', values),
    settings: settingsOf(settingsFieldsOf(declared), values),
  }
  checkPrograms(reading, at, body.settings)
  const refusal = store.refuse(appOf(at.parent, id, body, now))
  if (refusal !== null) note(reading, at, refusal)
  return { id, line: reading.lineOf(at.pointer), body }
}

/** `check` gave only what the fields' own schemas let through. */
function settingsOf(fields: readonly Field[], values: Readonly<Record<string, unknown>>): Settings {
  const set = fields.filter(({ key }) => values[key] !== undefined)
  return Object.fromEntries(set.map(({ key }) => [key, values[key] as SettingsValue]))
}

function timeAt(reading: Reading, at: At, key: string, values: Readonly<Record<string, unknown>>): number | null {
  const text = values[key]
  if (typeof text !== 'string') return null
  const time = timeFrom(text)
  if (time === null) note(reading, below(at, key), 'is no day of the calendar')
  return time
}

function fractionAt(reading: Reading, at: At, key: string, values: Readonly<Record<string, unknown>>): number | null {
  if (values[key] === undefined) return null
  const ppm = microsOfDecimal(Number(values[key]))
  if (ppm === null) note(reading, below(at, key), 'must have at most six decimals')
  return ppm
}

// ── integrations ────────────────────────────────────────────────────────────────────────────────────────────────────

const EVENT_NAME_TABLE = z
  .strictObject(Object.fromEntries(EVENT_NAME_KEYS.map((key) => [key, plainText(200).optional()])), {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `is not one of ${EVENT_NAME_KEYS.join(', ')}` : 'must be event keys with names',
  })
  .nullish()

function integrationAt(reading: Reading, at: At, catalogue: Catalogue): Declared<IntegrationBody> | null {
  const values = check(reading, at, INTEGRATION_FIELDS, { settings: z.unknown(), event_names: EVENT_NAME_TABLE })
  const name = valueAt(reading, [...at.pointer, 'destination'])
  const destination = typeof name === 'string' ? catalogue.destinations.get(name) : undefined
  if (typeof name === 'string' && name !== '' && destination === undefined) {
    note(reading, below(at, 'destination'), `must be one of ${[...catalogue.destinations.keys()].join(', ')}`)
  }
  if (destination === undefined) return null
  const settings = check(reading, below(at, 'settings'), destination.fields)
  if (values === null || settings === null) return null
  const id = String(values.id)
  uniquely(reading, at, `${at.parent}.integrations`, id, 'id')
  const names = (values.event_names ?? {}) as Readonly<Partial<Record<EventName, string>>>
  for (const [key, own] of Object.entries(names)) {
    const refusal =
      own === ''
        ? null
        : own.trim() === ''
          ? 'is made of spaces; write "" to not send this event'
          : destination.refuseEventName(own)
    if (refusal !== null) note(reading, below(below(at, 'event_names'), key), refusal)
  }
  const body: IntegrationBody = {
    destination: destination.id,
    enabled: values.enabled === true,
    mode: 'live',
    live_from: timeAt(reading, at, 'live_from', values),
    sandbox: values.sandbox === true,
    event_names: names,
    settings: settingsOf(destination.fields, settings),
  }
  return { id, line: reading.lineOf(at.pointer), body }
}
