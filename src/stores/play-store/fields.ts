import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Field } from '../../domain/field.ts'
import type { App } from '../../domain/project.ts'
import { programField } from '../program-field.ts'
import { jsonOf, partOf, textOf } from './json.ts'

const SUBSCRIPTION = 'projects/[a-z][a-z0-9\\-.:]{2,62}/subscriptions/[A-Za-z][A-Za-z0-9\\-_.~+%]{2,254}'
const SUBSCRIPTION_HELP =
  'A subscription is written projects/PROJECT/subscriptions/NAME: copy it from Google Cloud → Pub/Sub → Subscriptions.'

const PUSH_FIELDS: readonly Field[] = [
  {
    key: 'audience',
    type: 'text',
    label: 'Audience',
    help: 'As in the push subscription under Enable authentication → Audience; where that is empty, its endpoint URL.',
    group: 'push',
    maxLength: 2_000,
  },
  {
    key: 'service_account_email',
    type: 'text',
    label: 'Service account of the push',
    help: 'The service account chosen in the push subscription under Enable authentication. Anybody can make Google sign a token for your address; only yours signs with this account.',
    group: 'push',
    pattern: '[^@\\s]+@[^@\\s]+',
    patternHelp:
      'A service account is an address such as push@acme.iam.gserviceaccount.com: copy it from the subscription.',
  },
  {
    key: 'subscription',
    type: 'text',
    label: 'Subscription',
    help: 'The full name of the push subscription. Messages of any other are refused.',
    group: 'push',
    pattern: SUBSCRIPTION,
    patternHelp: SUBSCRIPTION_HELP,
  },
]

/** What a Google Play app is set up with; from it come validation, masking, the form and the reference page. */
export const PLAY_STORE_FIELDS: readonly Field[] = [
  {
    key: 'package_name',
    type: 'text',
    label: 'Package name',
    help: 'The application ID, as in Play Console beside the name of the app. Notifications about any other app are refused.',
    required: true,
    maxLength: 155,
    pattern: '[A-Za-z][A-Za-z0-9_]*([.][A-Za-z][A-Za-z0-9_]*)+',
    patternHelp: 'A package name has letters, digits, underscores and at least one dot, such as com.acme.app.',
  },
  {
    key: 'service_account',
    type: 'secret',
    label: 'Service account key (JSON)',
    help: 'The content of the JSON key of a service account that Play Console → Users and permissions lets view app information, financial data and orders. Everything about a purchase is read with it.',
    required: true,
    multiline: true,
    maxLength: 8_000,
    pattern: '\\s*\\{[\\s\\S]+\\}\\s*',
    patternHelp: 'Paste the whole JSON file of the key, or give it as { file: path }.',
  },
  {
    key: 'push',
    type: 'object',
    label: 'Push subscription',
    help: 'What a pushed notification is checked against. `receive: push` needs it.',
    fields: PUSH_FIELDS,
  },
  {
    key: 'pull',
    type: 'object',
    label: 'Pull subscription',
    help: 'A Pub/Sub subscription that the hub reads itself. `receive: pull` needs it.',
    fields: [
      {
        key: 'subscription',
        type: 'text',
        label: 'Subscription',
        help: 'The full name of the pull subscription; the service account needs the role Pub/Sub Subscriber on it.',
        group: 'pull',
        pattern: SUBSCRIPTION,
        patternHelp: SUBSCRIPTION_HELP,
      },
    ],
  },
  programField(
    'over_first_million',
    'Over the first million',
    'When the earnings of the year passed a million US dollars: what is no auto-renewing subscription costs more from then on, until the year is over.',
  ),
  programField(
    'new_installs',
    'New installs',
    'From when on to take customers for new installs, which Google charges less beyond the first million. No purchase shows when the app was installed.',
  ),
  programField(
    'quality_program',
    'Apps Experience or Games Level Up Program',
    'Since when the app is in one of Google’s two programmes, which lower the fee beyond the first million.',
  ),
]

export function packageOf(app: App): string {
  return textOf(app.settings.package_name) ?? ''
}

export interface PushSetting {
  readonly audience: string
  readonly email: string
  readonly subscription: string
}

/** null when the app takes no pushed notifications. */
export function pushOf(app: App): PushSetting | null {
  const push = partOf(app.settings.push)
  const [audience, email, subscription] = [
    textOf(push?.audience),
    textOf(push?.service_account_email),
    textOf(push?.subscription),
  ]
  return audience === null || email === null || subscription === null ? null : { audience, email, subscription }
}

export function pullSubscriptionOf(app: App): string | null {
  return textOf(partOf(app.settings.pull)?.subscription)
}

export interface ServiceAccount {
  readonly email: string
  readonly keyId: string | null
  readonly privateKey: string
}

/** null when there is none, or when it is not the JSON of one. */
export function serviceAccountOf(app: App): ServiceAccount | null {
  const text = textOf(app.settings.service_account)
  const json = text === null ? null : jsonOf(text)
  const [email, privateKey] = [textOf(json?.client_email), textOf(json?.private_key)]
  if (json?.type !== 'service_account' || email === null || privateKey === null) return null
  return { email, keyId: textOf(json.private_key_id), privateKey }
}

/** null when the text is not an RSA key. */
export function signingKeyOf(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : null
  } catch {
    return null
  }
}

/** Settings that are well formed and cannot work together; null when fine. */
export function refuseApp(app: App): string | null {
  const account = serviceAccountOf(app)
  if (account === null) {
    return `service_account of ${app.id} is not the JSON key of a service account: make one in Google Cloud → IAM → Service accounts → Keys, and paste the whole file.`
  }
  if (signingKeyOf(account.privateKey) === null) {
    return `private_key in the service_account of ${app.id} cannot be read: paste the JSON file as Google Cloud gave it.`
  }
  if (app.receive === 'push' && pushOf(app) === null) {
    return `receive: push of ${app.id} needs push (audience, service_account_email, subscription): without them anybody could send notifications.`
  }
  return app.receive === 'pull' && pullSubscriptionOf(app) === null
    ? `receive: pull of ${app.id} needs pull (subscription): make a pull subscription on the topic of Play Console’s notifications.`
    : null
}
