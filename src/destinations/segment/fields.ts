import type { Field, Settings, SettingsValue } from '../../domain/field.ts'
import type { Environment } from '../../domain/purchase.ts'
import type { ReportedCurrency, SalesReporting } from '../../domain/revenue.ts'
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
  {
    key: 'sales_reporting',
    type: 'select',
    label: 'Sales reporting',
    help: 'Which part of a price is reported as revenue.',
    default: 'gross',
    options: [
      { value: 'gross', label: 'Gross revenue' },
      { value: 'after_commission', label: 'Revenue after store commission' },
      { value: 'after_commission_and_taxes', label: 'Revenue after store commission and taxes' },
    ],
  },
  {
    key: 'currency',
    type: 'select',
    label: 'Currency of revenue',
    help: 'In US dollars revenue can be added up. In the purchase currency each number stands beside its own code, and a sum over several of them means nothing.',
    default: 'usd',
    options: [
      { value: 'usd', label: 'US dollars' },
      { value: 'purchased', label: 'The currency of the purchase' },
    ],
  },
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
  {
    key: 'attributes',
    type: 'object',
    label: 'Attributes',
    help: "Which of the customer's attributes are sent as subscriber_attributes.",
    fields: [
      {
        key: 'include',
        type: 'texts',
        label: 'Only these',
        help: 'Keys as the customer has them ($email); empty means all.',
        default: [],
      },
      { key: 'exclude', type: 'texts', label: 'Never these', help: 'Keys that are left out ($ip).', default: [] },
    ],
  },
]

const SENDING: readonly Field[] = [
  {
    key: 'integrations',
    type: 'json',
    label: 'Integrations object',
    help: 'Passed through with every call: which of its destinations Segment forwards to, for example {"CleverTap": false} when this hub sends to CleverTap itself.',
    default: {},
  },
  {
    key: 'wait_for_attribute',
    type: 'seconds',
    label: 'Wait for an attribute',
    help: "How many seconds a new customer's first events wait for an attribute, for example $email: 60.",
    default: {},
    max: 86_400,
  },
  {
    key: 'event_time',
    type: 'select',
    label: 'Time of an event',
    help: 'Whether an event carries the time when it happened or the time when Segment gets it.',
    default: 'happened',
    options: [
      { value: 'happened', label: 'When it happened' },
      { value: 'sent', label: 'When it is sent' },
    ],
  },
  {
    key: 'when_unknown',
    type: 'select',
    label: 'When an answer is lost',
    help: 'Segment drops a repeated call by its messageId for at least 24 hours, so sending again is safe within a day.',
    default: 'retry',
    options: [
      { value: 'retry', label: 'Send again' },
      { value: 'hold', label: 'Hold for a decision' },
    ],
  },
  {
    key: 'all_events',
    type: 'toggle',
    label: 'All events of all stores',
    help: 'Lifts the table of which event is sent for which store.',
    default: false,
  },
  {
    key: 'max_in_flight',
    type: 'number',
    label: 'Requests at once',
    help: 'How many requests may be under way to this source at the same time, over all processes.',
    default: LIMITS.slots,
    min: 1,
    max: LIMITS.maxSlots,
    integer: true,
  },
]

/** In the order of the set-up page: region, key, (event names), money, then what is ours. */
export const FIELDS: readonly Field[] = [...SOURCE, ...REVENUE, ...PEOPLE, ...SENDING]

/** The settings that decide how an event is rendered. */
export interface RenderOptions {
  readonly salesReporting: SalesReporting
  readonly currency: ReportedCurrency
  readonly identify: 'always' | 'on_change' | 'never'
  readonly integrations: Readonly<Record<string, SettingsValue>>
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly eventTime: 'happened' | 'sent'
}

export function renderOptionsOf(settings: Settings): RenderOptions {
  const lists = objectOf(settings.attributes)
  const { sales_reporting: reporting, identify } = settings
  return {
    salesReporting:
      reporting === 'after_commission' || reporting === 'after_commission_and_taxes' ? reporting : 'gross',
    currency: settings.currency === 'purchased' ? 'purchased' : 'usd',
    identify: identify === 'on_change' || identify === 'never' ? identify : 'always',
    integrations: objectOf(settings.integrations),
    include: textsOf(lists.include),
    exclude: textsOf(lists.exclude),
    eventTime: settings.event_time === 'sent' ? 'sent' : 'happened',
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

function objectOf(value: SettingsValue | undefined): Readonly<Record<string, SettingsValue>> {
  const isObject = (given: typeof value): given is { readonly [key: string]: SettingsValue } =>
    typeof given === 'object' && given !== null && !Array.isArray(given)
  return isObject(value) ? value : {}
}

function textsOf(value: SettingsValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
