import { EVENT_NAMES } from '../domain/event.ts'
import type { Field } from '../domain/field.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'

/** What every project, app and integration has, declared like the fields of a connector. */

const SLUG = '[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?'
const SLUG_HELP = 'must be lower-case letters, digits, - and _, at most 63, with a letter or digit at both ends'
const TIME = '\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?(?:Z|[+-]\\d{2}:\\d{2}))?'
const TIME_HELP = 'must be a day (2026-11-01) or a time with its zone (2026-11-01T00:00:00Z)'

function slug(what: string): Field {
  return {
    key: 'id',
    type: 'text',
    label: 'Id',
    help: `Names the ${what} in addresses and messages; it cannot change later.`,
    required: true,
    pattern: SLUG,
    patternHelp: SLUG_HELP,
  }
}

export const PROJECT_FIELDS: readonly Field[] = [
  slug('project'),
  { key: 'name', type: 'text', label: 'Name', help: 'For people; the id where it is left out.', maxLength: 200 },
  {
    key: 'track_unknown_purchases',
    type: 'toggle',
    label: 'Unknown purchases',
    help: 'Make a customer for a purchase that nobody has claimed yet.',
    default: true,
  },
  {
    key: 'identity_hold_seconds',
    type: 'number',
    label: 'Wait for the owner',
    help: 'How long the first event of a purchase waits for its owner before it goes out.',
    default: 60,
    min: 0,
    max: 86_400,
    integer: true,
  },
  {
    key: 'resubscribe_as',
    type: 'select',
    label: 'Resubscription',
    help: 'What a resubscription is called that the store shows without a lasting link to the old one. Google Play alone shows such (bought in the Play Store after the end); on the App Store a resubscription is always a renewal, on Amazon and Stripe a new purchase.',
    default: 'initial_purchase',
    options: [
      { value: 'initial_purchase', label: 'Initial purchase' },
      { value: 'renewal', label: 'Renewal' },
    ],
  },
  {
    key: 'transfer_behavior',
    type: 'select',
    label: 'Transfer behavior',
    help: 'What becomes of a purchase of an identified customer when another one restores or shows it. Purchases of anonymous customers are merged with whoever shows them.',
    default: 'transfer',
    options: [
      { value: 'transfer', label: 'Transfer to the new customer' },
      { value: 'transfer_if_inactive', label: 'Transfer if there is no active subscription' },
      { value: 'keep', label: 'Keep with the first customer' },
      { value: 'share', label: 'Share: make both one customer' },
    ],
  },
]

export const APP_FIELDS: readonly Field[] = [
  slug('app'),
  {
    key: 'store',
    type: 'text',
    label: 'Store',
    help: 'Where the app sells, or which feed it is: app_store, amazon, revenuecat.',
    required: true,
  },
  {
    key: 'public_key',
    type: 'text',
    label: 'Public key',
    help: 'What the SDK in the app shows, as appl_….',
    pattern: '(?!sk_)[A-Za-z0-9_-]{4,100}',
    patternHelp: 'must be 4 to 100 letters, digits, - and _, and not begin with sk_',
  },
  {
    key: 'environments',
    type: 'texts',
    label: 'Environments',
    help: 'Messages of other environments are refused.',
    default: [...ENVIRONMENTS],
    options: ENVIRONMENTS,
  },
  {
    key: 'receive',
    type: 'select',
    label: 'How messages come',
    help: "push: the store calls the hub. pull: the hub reads the store's notification history, which needs the API key.",
    default: 'push',
    options: [
      { value: 'push', label: 'The store calls' },
      { value: 'pull', label: 'The hub asks' },
    ],
  },
  {
    key: 'events_from',
    type: 'text',
    label: 'Events from',
    help: 'What happened before it is known but not announced. Left out: the moment the app was added; with receive: pull the beginning of the history.',
    pattern: TIME,
    patternHelp: TIME_HELP,
  },
  {
    key: 'commission',
    type: 'number',
    label: 'Commission',
    help: "The store's share of a price without tax, as 0.3 or 0.15, for everything that this app sells. Left out: by the tables of docs/money.md.",
    min: 0,
    max: 1,
  },
  {
    key: 'tax',
    type: 'number',
    label: 'Tax',
    help: 'The tax rate that prices include, as 0.19, wherever they were paid. Left out: by the tables of docs/money.md.',
    min: 0,
    max: 1,
  },
]

/**
 * The fields of a store whose values are among an app's settings: not those that it words in its own way, whose values
 * stand where every app has them.
 */
export function settingsFieldsOf(declared: readonly Field[]): readonly Field[] {
  return declared.filter(({ key }) => !APP_FIELDS.some((field) => field.key === key))
}

/** Settings of an app that later versions bring, where the store does not declare them itself. */
export const LATER_APP_FIELDS: readonly Field[] = [
  {
    key: 'forward_to',
    type: 'texts',
    label: 'Forwarding',
    help: 'Where notifications go as well.',
    default: [],
    later: true,
  },
]

export const INTEGRATION_FIELDS: readonly Field[] = [
  slug('integration'),
  {
    key: 'destination',
    type: 'text',
    label: 'Destination',
    help: 'The kind of receiver: segment or clevertap.',
    required: true,
  },
  { key: 'enabled', type: 'toggle', label: 'Enabled', help: 'Whether new events are sent.', default: true },
  {
    key: 'mode',
    type: 'select',
    label: 'Mode shadow',
    help: 'live sends.',
    default: 'live',
    options: [],
    later: true,
  },
  {
    key: 'live_from',
    type: 'text',
    label: 'Live from',
    help: 'Events that happened before it are not sent. Left out: the moment the integration was added.',
    pattern: TIME,
    patternHelp: TIME_HELP,
  },
  {
    key: 'sandbox',
    type: 'toggle',
    label: 'Sandbox',
    help: 'Send sandbox events too, where the destination has no sandbox account of its own set.',
    default: false,
  },
]

/** The keys of `event_names`. */
export const EVENT_NAME_KEYS: readonly string[] = EVENT_NAMES

/** A secret key of the project: for the API and for backends. */
export const SECRET_KEY_FIELDS: readonly Field[] = [
  {
    key: 'name',
    type: 'text',
    label: 'Name',
    help: 'Tells the keys of a project apart.',
    required: true,
    pattern: SLUG,
    patternHelp: SLUG_HELP,
  },
  {
    key: 'key',
    type: 'secret',
    label: 'Key',
    help: 'sk_ and at least 6 characters; make one with: echo "sk_$(openssl rand -hex 24)". Only its hash is kept.',
    required: true,
    pattern: 'sk_[A-Za-z0-9_-]{6,200}',
    patternHelp:
      'must be sk_ and at least 6 letters, digits, - and _; make one with: echo "sk_$(openssl rand -hex 24)"',
  },
]

/** Below it a secret key can be guessed: the plan says so. */
export const GOOD_SECRET_KEY_LENGTH = 24

/** A day or a time as milliseconds; null when the calendar has no such day. */
export function timeFrom(text: string): number | null {
  const at = Date.parse(text)
  if (!Number.isFinite(at)) return null
  // Date.parse takes 31 April for 1 May.
  const day = text.slice(0, 10)
  return new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) === day ? at : null
}
