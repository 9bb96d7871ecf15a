import { createPrivateKey } from 'node:crypto'
import type { Field } from '../../domain/field.ts'
import type { App } from '../../domain/project.ts'
import { programField } from '../program-field.ts'

const API_KEY_FIELDS: readonly Field[] = [
  {
    key: 'issuer_id',
    type: 'text',
    label: 'Issuer ID',
    help: 'The UUID above the list of keys in App Store Connect → Users and Access → Integrations → In-App Purchase.',
    group: 'api_key',
    pattern: '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
    patternHelp:
      'An issuer ID is a UUID such as 57246542-96fe-1a63-e053-0824d011072a: copy it from the page of the key.',
  },
  {
    key: 'key_id',
    type: 'text',
    label: 'Key ID',
    help: 'The ten letters and digits beside the key in the same list; they are also in the name of the .p8 file.',
    group: 'api_key',
    pattern: '[A-Z0-9]{10}',
    patternHelp: 'A key ID is ten capital letters and digits such as 2X9R4HXF34: copy it from the list of keys.',
  },
  {
    key: 'private_key',
    type: 'secret',
    label: 'Private key (.p8)',
    help: 'The content of the AuthKey_….p8 or SubscriptionKey_….p8 file, which App Store Connect lets you download once.',
    group: 'api_key',
    multiline: true,
    maxLength: 4_000,
    pattern: '\\s*-----BEGIN PRIVATE KEY-----[\\s\\S]+-----END PRIVATE KEY-----\\s*',
    patternHelp: 'Paste the whole .p8 file, with its lines BEGIN PRIVATE KEY and END PRIVATE KEY.',
  },
]

/** What an App Store app is set up with; from it come validation, masking, the form and the reference page. */
export const APP_STORE_FIELDS: readonly Field[] = [
  {
    key: 'bundle_id',
    type: 'text',
    label: 'Bundle ID',
    help: 'As in App Store Connect → App Information. Notifications about any other app are refused.',
    required: true,
    maxLength: 155,
    pattern: '[A-Za-z0-9.\\-]+',
    patternHelp: 'A bundle ID has letters, digits, hyphens and dots only, such as com.acme.app.',
  },
  {
    key: 'app_apple_id',
    type: 'number',
    label: 'Apple ID',
    help: 'The number in App Store Connect → App Information → Apple ID. Production needs it: Apple signs it into every notification.',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    integer: true,
  },
  {
    key: 'api_key',
    type: 'object',
    label: 'In-App Purchase key',
    help: 'Lets the hub ask Apple for the history of a purchase and for notifications that were missed. `receive: pull` and app receipts need it.',
    fields: API_KEY_FIELDS,
  },
  {
    key: 'forward_to',
    type: 'texts',
    label: 'Forward to',
    help: 'Addresses that get a copy of every notification, as it came.',
    default: [],
    later: true,
  },
  {
    key: 'ocsp',
    type: 'select',
    label: 'Ask Apple whether a certificate was revoked',
    help: 'Off: signatures and dates decide, and no notification waits for a third server.',
    default: 'off',
    options: [{ value: 'off', label: 'Off' }],
  },
  programField(
    'small_business_program',
    'Small Business Program',
    'Apple keeps less of everything while the app is in it: the entry and exit dates of App Store Connect.',
  ),
  programField(
    'mini_apps_partner_program',
    'Mini Apps Partner Program',
    'Apple keeps less of what mini apps sell. Set it for an app that sells nothing else; for single products use commission_rules of the project.',
  ),
  programField(
    'eu_alternative_terms',
    'Alternative terms in the EU',
    'Since when the developer account sells in the EU under the alternative terms. Their rates are not confirmed: see docs/money.md.',
  ),
  programField(
    'japan_alternative_terms',
    'Alternative terms in Japan',
    'Since when the developer account sells in Japan under the terms of December 2025. Their rates are not confirmed: see docs/money.md.',
  ),
]

export interface AppStoreIdentity {
  readonly bundleId: string
  /** null where only the sandbox is used. */
  readonly appAppleId: number | null
}

export function identityOf(app: App): AppStoreIdentity {
  const { bundle_id: bundleId, app_apple_id: appAppleId } = app.settings
  return {
    bundleId: typeof bundleId === 'string' ? bundleId : '',
    appAppleId: typeof appAppleId === 'number' ? appAppleId : null,
  }
}

export interface ApiKey {
  readonly issuerId: string
  readonly keyId: string
  readonly privateKey: string
}

/** null when the app has no key: then its history cannot be asked for. */
export function apiKeyOf(app: App): ApiKey | null {
  const value = app.settings.api_key
  if (typeof value !== 'object' || value === null || !('issuer_id' in value)) return null
  const { issuer_id: issuerId, key_id: keyId, private_key: privateKey } = value
  const whole = typeof issuerId === 'string' && typeof keyId === 'string' && typeof privateKey === 'string'
  return whole && issuerId !== '' && keyId !== '' && privateKey !== '' ? { issuerId, keyId, privateKey } : null
}

/** Settings that are well formed and cannot work together; null when fine. */
export function refuseApp(app: App): string | null {
  const key = apiKeyOf(app)
  if (app.environments.includes('production') && identityOf(app).appAppleId === null) {
    return `app_apple_id of ${app.id} is missing: production notifications carry it, so set it to the Apple ID under App Store Connect → App Information.`
  }
  if (app.receive === 'pull' && key === null) {
    return `receive: pull of ${app.id} needs an api_key (issuer_id, key_id, private_key): make one in App Store Connect → Users and Access → Integrations → In-App Purchase.`
  }
  return key !== null && !isSigningKey(key.privateKey)
    ? `private_key of ${app.id} is not the P-256 key that Apple gives: paste the whole .p8 file as it was downloaded.`
    : null
}

function isSigningKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}
