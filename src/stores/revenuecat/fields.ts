import type { Field } from '../../domain/field.ts'
import type { App } from '../../domain/project.ts'

/** What a RevenueCat-shaped feed is set up with; from it come validation, masking, the form and the reference page. */
export const REVENUECAT_FIELDS: readonly Field[] = [
  {
    key: 'authorization',
    type: 'secret',
    label: 'Authorization header',
    help: 'The value that the sender puts into the Authorization header of every request, letter by letter, the word Bearer included where it sends one.',
    maxLength: 1_000,
    pattern: '[!-~](?:[ -~]*[!-~])?',
    patternHelp:
      'A header value has printable ASCII characters and no space at its ends: copy it as it was set at the sender.',
  },
  {
    key: 'signing_secret',
    type: 'secret',
    label: 'Signing secret',
    help: 'The secret with which the sender signs each request (X-RevenueCat-Webhook-Signature). When it is set, an unsigned request is refused.',
    maxLength: 1_000,
    pattern: '\\S+',
    patternHelp: 'A signing secret has no spaces: copy it from the page of the webhook.',
  },
  {
    key: 'authority',
    type: 'select',
    label: 'Who announces',
    help: 'Which of the two announces purchases of a store that has an app of its own in this project. The other one is kept to compare, and announces nothing.',
    default: 'store',
    options: [
      { value: 'store', label: 'The store itself' },
      { value: 'revenuecat', label: 'This feed' },
    ],
  },
]

/** What a message of this app must show; null where it need not. */
export interface Credentials {
  readonly authorization: string | null
  readonly signingSecret: string | null
}

export function credentialsOf(app: App): Credentials {
  const set = (key: string): string | null => {
    const value = app.settings[key]
    return typeof value === 'string' && value !== '' ? value : null
  }
  return { authorization: set('authorization'), signingSecret: set('signing_secret') }
}

/** Settings that are well formed and cannot work together; null when fine. */
export function refuseApp(app: App): string | null {
  if (app.receive === 'pull')
    return `receive: pull of ${app.id} is not possible, since a feed keeps no list to read: leave receive out and let it call.`
  const { authorization, signingSecret } = credentialsOf(app)
  return authorization === null && signingSecret === null
    ? `${app.id} has neither authorization nor signing_secret, so anybody could write its events: set at least one of them, with the value from the page of the webhook at its sender.`
    : null
}
