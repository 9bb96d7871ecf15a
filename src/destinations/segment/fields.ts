import type { Field, Settings, SettingsValue } from '../../domain/field.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { ReportedCurrency, SalesReporting } from '../../domain/revenue.ts'
import {
  ALL_EVENTS_FIELD,
  type AttributeLists,
  attributeListsOf,
  attributesField,
  currencyField,
  eventTimeField,
  eventTimeOf,
  maxInFlightField,
  objectOf,
  reportedCurrencyOf,
  salesReportingField,
  salesReportingOf,
  waitForAttributeField,
  whenUnknownField,
} from '../common-fields.ts'
import { LIMITS } from './limits.ts'

/** A workspace lives in one region for good. https://segment.com/docs/guides/regional-segment/ */
export const REGIONS = [
  { value: 'us', label: 'Oregon (US)', host: 'api.segment.io' },
  { value: 'eu', label: 'Dublin (EU)', host: 'events.eu1.segmentapis.com' },
] as const
export type Region = (typeof REGIONS)[number]['value']

/** It becomes the user name of a Basic header, which ends at the first colon: visible ASCII without one. */
const WRITE_KEY = '[!-9;-~]+'
const WRITE_KEY_HELP = 'A write key has no spaces, line breaks or colons; copy it again from the source in Segment.'

const SOURCE: readonly Field[] = [
  {
    key: 'region',
    type: 'select',
    label: 'Segment region',
    help: 'The region of your workspace; a source of the other region gets nothing, and Segment does not say so.',
    default: 'us',
    options: REGIONS.map(({ value, label }) => ({ value, label })),
  },
  {
    key: 'write_key',
    type: 'secret',
    label: 'Segment Write Key',
    help: 'In Segment: Connections → Sources → an "HTTP API" source → Settings → API Keys.',
    required: true,
    pattern: WRITE_KEY,
    patternHelp: WRITE_KEY_HELP,
    maxLength: 255,
  },
  {
    key: 'sandbox_write_key',
    type: 'secret',
    label: 'Sandbox Write Key',
    help: 'The key of a second source that takes sandbox purchases. Without it they go to the main source when the sandbox toggle is on.',
    pattern: WRITE_KEY,
    patternHelp: WRITE_KEY_HELP,
    maxLength: 255,
  },
]

const REVENUE: readonly Field[] = [
  salesReportingField('Which part of a price is reported as revenue.'),
  currencyField({
    label: 'Currency of revenue',
    help: 'In US dollars revenue can be added up. In the purchase currency each number stands beside its own code, and a sum over several of them means nothing.',
    default: 'usd',
  }),
]

const PEOPLE: readonly Field[] = [
  {
    key: 'anonymous',
    type: 'select',
    label: 'Anonymous customers',
    help: 'What happens to events of customers who have no id of yours.',
    default: 'send',
    options: [
      { value: 'send', label: 'Send the anonymous id as userId' },
      { value: 'as_anonymous_id', label: 'Send the anonymous id as anonymousId' },
      { value: 'hold_until_known', label: 'Wait until the customer is known' },
      { value: 'skip', label: 'Do not send' },
    ],
  },
  {
    key: 'identify',
    type: 'select',
    label: 'Identify calls',
    help: 'Whether an identify call goes before each track call, to keep the traits of the profile current. Fewer calls cost less in Segment.',
    default: 'always',
    options: [
      { value: 'always', label: 'With every event' },
      { value: 'on_change', label: 'When the subscription status changed' },
      { value: 'never', label: 'Never' },
    ],
  },
  attributesField("Which of the customer's attributes are sent as subscriber_attributes."),
]

const SENDING: readonly Field[] = [
  {
    key: 'integrations',
    type: 'json',
    label: 'Integrations object',
    help: 'Passed through with every call: which of its destinations Segment forwards to, for example {"CleverTap": false} when this hub sends to CleverTap itself.',
    default: {},
  },
  waitForAttributeField('$email: 60'),
  eventTimeField('Whether an event carries the time when it happened or the time when Segment gets it.'),
  whenUnknownField(
    'Segment drops a repeated call by its messageId for at least 24 hours, so sending again is safe within a day.',
  ),
  ALL_EVENTS_FIELD,
  maxInFlightField('How many requests may be under way to this source at the same time, over all processes.', LIMITS),
]

/** In the order of the set-up page: region, key, (event names), money, then what is ours. */
export const FIELDS: readonly Field[] = [...SOURCE, ...REVENUE, ...PEOPLE, ...SENDING]

/** The settings that decide how an event is rendered. */
export interface RenderOptions extends AttributeLists {
  readonly salesReporting: SalesReporting
  readonly currency: ReportedCurrency
  readonly identify: 'always' | 'on_change' | 'never'
  readonly integrations: Readonly<Record<string, SettingsValue>>
  readonly eventTime: 'happened' | 'sent'
}

export function renderOptionsOf(settings: Settings): RenderOptions {
  const { identify } = settings
  return {
    salesReporting: salesReportingOf(settings),
    currency: reportedCurrencyOf(settings, 'usd'),
    identify: identify === 'on_change' || identify === 'never' ? identify : 'always',
    integrations: objectOf(settings.integrations),
    ...attributeListsOf(settings),
    eventTime: eventTimeOf(settings),
  }
}

/** The source that an environment's calls go to: sandbox traffic has its own where one is set. */
export function writeKeyOf(settings: Settings, environment: Environment): string {
  const own = environment === 'sandbox' ? settings.sandbox_write_key : ''
  if (typeof own === 'string' && own !== '') return own
  return typeof settings.write_key === 'string' ? settings.write_key : ''
}

export function hasSandboxKey(settings: Settings): boolean {
  return typeof settings.sandbox_write_key === 'string' && settings.sandbox_write_key !== ''
}

export function regionOf(settings: Settings): (typeof REGIONS)[number] {
  return REGIONS.find(({ value }) => value === settings.region) ?? REGIONS[0]
}
