import type { Field, Settings, SettingsValue } from '../../domain/field.ts'
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
  reportedCurrencyOf,
  salesReportingField,
  salesReportingOf,
  waitForAttributeField,
  whenUnknownField,
} from '../common-fields.ts'
import { DEFAULT_MAX_PROPERTIES, LEAST_MAX_PROPERTIES, LIMITS } from './limits.ts'

/** https://developer.clevertap.com/docs/common-api-components (December 2025). */
export const REGIONS = [
  { value: 'eu1', label: 'Europe (eu1)', host: 'api.clevertap.com' },
  { value: 'in1', label: 'India (in1)', host: 'in1.api.clevertap.com' },
  { value: 'sg1', label: 'Singapore (sg1)', host: 'sg1.api.clevertap.com' },
  { value: 'us1', label: 'United States (us1)', host: 'us1.api.clevertap.com' },
  { value: 'aps3', label: 'Indonesia (aps3)', host: 'aps3.api.clevertap.com' },
  { value: 'mec1', label: 'Middle East, UAE (mec1)', host: 'mec1.api.clevertap.com' },
] as const

/** They become HTTP headers: visible ASCII only, so that no value can start a header of its own. */
const HEADER_VALUE = '[!-~]+'
const HEADER_VALUE_HELP = 'Only visible characters without spaces or line breaks; copy it again from CleverTap.'

const ACCOUNTS: readonly Field[] = [
  {
    key: 'account_id',
    type: 'text',
    label: 'Account ID',
    help: 'The Project ID that CleverTap shows under Settings → Project.',
    required: true,
    pattern: HEADER_VALUE,
    patternHelp: HEADER_VALUE_HELP,
    maxLength: 100,
  },
  {
    key: 'passcode',
    type: 'secret',
    label: 'Passcode',
    help: 'An account passcode from Settings → Passcode in CleverTap.',
    required: true,
    pattern: HEADER_VALUE,
    patternHelp: HEADER_VALUE_HELP,
    maxLength: 200,
  },
  {
    key: 'sandbox_account_id',
    type: 'text',
    label: 'Sandbox Account ID',
    help: 'A separate CleverTap account for sandbox purchases; without it they are not sent.',
    group: 'sandbox',
    pattern: HEADER_VALUE,
    patternHelp: HEADER_VALUE_HELP,
    maxLength: 100,
  },
  {
    key: 'sandbox_passcode',
    type: 'secret',
    label: 'Sandbox Passcode',
    help: 'The passcode of the sandbox account.',
    group: 'sandbox',
    pattern: HEADER_VALUE,
    patternHelp: HEADER_VALUE_HELP,
    maxLength: 200,
  },
]

const REVENUE: readonly Field[] = [
  salesReportingField('Which part of a price is reported as the amount.'),
  {
    key: 'region',
    type: 'select',
    label: 'CleverTap Region',
    help: "The region in the address of your CleverTap dashboard; another region's host refuses the credentials.",
    default: 'eu1',
    options: REGIONS.map(({ value, label }) => ({ value, label })),
  },
  currencyField({
    label: 'Currency of amounts',
    help: 'CleverTap adds numbers up without looking at currencies: a sum over several purchase currencies means nothing, a sum in US dollars does.',
    default: 'purchased',
  }),
  {
    key: 'refunds',
    type: 'select',
    label: 'Amount of a refund',
    help: 'Zero keeps sums as sales; negative makes them net of refunds.',
    default: 'zero',
    options: [
      { value: 'zero', label: 'Zero' },
      { value: 'negative', label: 'Negative' },
    ],
  },
  {
    key: 'charged',
    type: 'toggle',
    label: 'Also send Charged',
    help: "With every event that brings revenue also CleverTap's own Charged event, which its revenue view watches by default.",
    default: false,
  },
  {
    key: 'profile',
    type: 'toggle',
    label: 'Keep the profile up to date',
    help: 'Keeps subscription status, product, expiry, store and renewal intent as properties of the profile, for segments.',
    default: false,
  },
]

const ATTRIBUTES: readonly Field[] = [
  {
    key: 'attribute_keys',
    type: 'select',
    label: 'Keys of reserved attributes',
    help: 'Whether $email is sent as $email or as email.',
    default: 'with_dollar',
    options: [
      { value: 'with_dollar', label: 'With the $ sign' },
      { value: 'plain', label: 'Without the $ sign' },
    ],
  },
  attributesField("Which of the customer's attributes are sent with each event."),
  {
    key: 'max_properties',
    type: 'number',
    label: 'Properties of an event',
    help: "Your account's limit of properties for one event; attributes beyond it are left out with a note.",
    default: DEFAULT_MAX_PROPERTIES,
    min: LEAST_MAX_PROPERTIES,
    max: 256,
    integer: true,
  },
]

const SENDING: readonly Field[] = [
  {
    key: 'anonymous',
    type: 'select',
    label: 'Anonymous customers',
    help: 'What happens to events of customers who have neither an id of yours nor a $clevertapId; sending them makes CleverTap create a profile for each.',
    default: 'send',
    options: [
      { value: 'send', label: 'Send under the anonymous id' },
      { value: 'hold_until_known', label: 'Wait until the customer is known' },
      { value: 'skip', label: 'Do not send' },
    ],
  },
  waitForAttributeField('$clevertapId: 60'),
  eventTimeField(
    'Live campaigns of CleverTap see only events younger than two hours: the time of sending lets late ones trigger them too.',
  ),
  whenUnknownField(
    'CleverTap does not recognise doubles: send again and risk one, or hold the event until a person decides.',
  ),
  ALL_EVENTS_FIELD,
  maxInFlightField('CleverTap takes 15 at once for an account, all senders together.', LIMITS),
]

/** In the order of the set-up page: accounts, (event names), money and region, then what is ours. */
export const FIELDS: readonly Field[] = [...ACCOUNTS, ...REVENUE, ...ATTRIBUTES, ...SENDING]

/** The settings that decide how an event is rendered. */
export interface RenderOptions extends AttributeLists {
  readonly salesReporting: SalesReporting
  readonly currency: ReportedCurrency
  readonly refunds: 'zero' | 'negative'
  readonly charged: boolean
  readonly profile: boolean
  readonly plainKeys: boolean
  readonly maxProperties: number
  readonly eventTime: 'happened' | 'sent'
}

export function renderOptionsOf(settings: Settings): RenderOptions {
  return {
    salesReporting: salesReportingOf(settings),
    currency: reportedCurrencyOf(settings, 'purchased'),
    refunds: settings.refunds === 'negative' ? 'negative' : 'zero',
    charged: settings.charged === true,
    profile: settings.profile === true,
    plainKeys: settings.attribute_keys === 'plain',
    ...attributeListsOf(settings),
    maxProperties: typeof settings.max_properties === 'number' ? settings.max_properties : DEFAULT_MAX_PROPERTIES,
    eventTime: eventTimeOf(settings),
  }
}

export interface Account {
  readonly id: string
  readonly passcode: string
}

/**
 * The account that an environment's events go to; null for a sandbox without its own pair, which never falls back to
 * the production account: what is in there can be neither deleted nor changed.
 */
export function accountOf(settings: Settings, environment: 'production' | 'sandbox'): Account | null {
  const prefix = environment === 'sandbox' ? 'sandbox_' : ''
  const id = settings[`${prefix}account_id`]
  const passcode = settings[`${prefix}passcode`]
  if (typeof id !== 'string' || typeof passcode !== 'string' || id === '' || passcode === '') return null
  return { id, passcode }
}

/** `https://…` of a region's API; Europe where the setting is not one of the six. */
export function originOf(region: SettingsValue | undefined): string {
  const found = REGIONS.find((one) => one.value === region) ?? REGIONS[0]
  return `https://${found.host}`
}
