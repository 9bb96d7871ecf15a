import type { Field } from '../../domain/field.ts'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'

const KEY_PATTERN = '(sk|rk)_[A-Za-z0-9_]{4,250}'
const KEY_PATTERN_HELP =
  'A key of Stripe’s API begins with sk_ or, when it is restricted, with rk_: copy it from Developers → API keys.'

/** What a Stripe app is set up with; from it come validation, masking, the form and the reference page. */
export const STRIPE_FIELDS: readonly Field[] = [
  {
    key: 'secret_key',
    type: 'secret',
    label: 'Secret key',
    help: 'A secret or (better) restricted key with read access, from Developers → API keys. The hub asks Stripe with it for what an event does not tell; `receive: pull` needs it.',
    maxLength: 255,
    pattern: KEY_PATTERN,
    patternHelp: KEY_PATTERN_HELP,
  },
  {
    key: 'sandbox_secret_key',
    type: 'secret',
    label: 'Secret key of the sandbox',
    help: 'The same for test mode or a sandbox, when the app takes both; without it `secret_key` is used for both.',
    maxLength: 255,
    pattern: KEY_PATTERN,
    patternHelp: KEY_PATTERN_HELP,
  },
  {
    key: 'webhook_secret',
    type: 'secrets',
    label: 'Signing secrets',
    help: 'The signing secret of each event destination that sends to this app (live, sandbox), and the old one beside the new one while you roll it.',
    pattern: 'whsec_[A-Za-z0-9+\\/=_\\-]{24,250}',
    patternHelp:
      'A signing secret begins with whsec_ and has at least 24 characters after it: copy it from Workbench → Webhooks → your destination.',
  },
  {
    key: 'app_user_id_from',
    type: 'text',
    label: 'Where the app user ID is',
    help: 'metadata:KEY (of the subscription or the Checkout session), client_reference_id (of the Checkout session), or customer (Stripe’s customer id).',
    default: 'metadata:app_user_id',
    pattern: 'metadata:[A-Za-z0-9_.\\-]{1,40}|client_reference_id|customer',
    patternHelp: 'Write metadata:KEY with your metadata key, client_reference_id, or customer.',
  },
  {
    key: 'product_id_from',
    type: 'select',
    label: 'Product ID',
    help: 'What events name as product: the product (prod_…), or the price (price_…), when one product has several plans that you tell apart.',
    default: 'product',
    options: [
      { value: 'product', label: 'The product' },
      { value: 'price', label: 'The price' },
    ],
  },
  {
    key: 'commission',
    type: 'number',
    label: 'Commission',
    help: 'Stripe’s fee as a share of a price without tax. The fixed part of a fee is in no share: set what you pay on average.',
    default: 0.029,
    min: 0,
    max: 1,
  },
  {
    key: 'actual_fees',
    type: 'toggle',
    label: 'Actual fees',
    help: 'Take Stripe’s fee of each charge and the tax of its invoice in place of the commission and tax rates: two more requests for each payment. Needs `secret_key` with read access to Balance too.',
    default: false,
  },
]

export function webhookSecretsOf(app: App): readonly string[] {
  const value = app.settings.webhook_secret
  const secrets: readonly unknown[] = Array.isArray(value) ? value : [value]
  return secrets.filter((secret): secret is string => typeof secret === 'string' && secret !== '')
}

/** null when nothing can be asked of Stripe for this app. */
export function keyOf(app: App, environment: Environment): string | null {
  const { secret_key: live, sandbox_secret_key: sandbox } = app.settings
  const chosen = environment === 'sandbox' && typeof sandbox === 'string' && sandbox !== '' ? sandbox : live
  return typeof chosen === 'string' && chosen !== '' ? chosen : null
}

/** Whether the key for an environment is of that mode, as far as its letters show it: sk_test_… reads no live events. */
export function isKeyOfMode(app: App, environment: Environment): boolean {
  const mode = /^[a-z]+_(live|test)_/.exec(keyOf(app, environment) ?? '')?.[1]
  return mode === undefined || (mode === 'live') === (environment === 'production')
}

export type UserIdSource =
  | { readonly kind: 'metadata'; readonly key: string }
  | { readonly kind: 'client_reference_id' | 'customer' }

export function userIdSourceOf(app: App): UserIdSource {
  const value = app.settings.app_user_id_from
  if (value === 'client_reference_id' || value === 'customer') return { kind: value }
  const key = typeof value === 'string' && value.startsWith('metadata:') ? value.slice('metadata:'.length) : ''
  return { kind: 'metadata', key: key === '' ? 'app_user_id' : key }
}

export function takesActualFees(app: App): boolean {
  return app.settings.actual_fees === true
}

export function namesPrices(app: App): boolean {
  return app.settings.product_id_from === 'price'
}

/** Settings that are well formed and cannot work together; null when fine. */
export function refuseApp(app: App): string | null {
  if (app.receive === 'pull' && app.environments.some((environment) => keyOf(app, environment) === null)) {
    return `receive: pull of ${app.id} needs a secret_key: make a restricted key with read access in Stripe → Developers → API keys.`
  }
  if (app.receive === 'push' && webhookSecretsOf(app).length === 0) {
    return `webhook_secret of ${app.id} is missing, and nothing that comes in could be told from a forgery: copy the signing secret from Stripe → Workbench → Webhooks.`
  }
  if (takesActualFees(app) && app.environments.some((environment) => keyOf(app, environment) === null)) {
    return `actual_fees of ${app.id} needs a secret_key, since no event tells a fee: make a restricted key with read access, or leave actual_fees out.`
  }
  return null
}
