import { createHash } from 'node:crypto'
import type { App } from '../../domain/project.ts'
import type { Environment } from '../../domain/purchase.ts'
import { isJson, type Json, textOf, wholeOf } from '../json.ts'
import type { Accepted, AcceptedMessage } from '../store.ts'
import { identityOf } from './fields.ts'
import type { JwsVerifier } from './jws.ts'
import type { Opened } from './notification.ts'

type Refused = Accepted & { readonly kind: 'refused' }

/** `{"signedPayload":"…"}` as text → the JWS; null when it is no such thing. */
export function signedPayloadOf(body: Buffer): string | null {
  try {
    const envelope: unknown = JSON.parse(body.toString('utf8'))
    return isJson(envelope) ? textOf(envelope.signedPayload) : null
  } catch {
    return null
  }
}

/** What became of one message, and what was inside it when it was authentic. */
export interface Judged {
  readonly accepted: Accepted
  readonly opened: Opened | null
}

/** Judges one notification: its form, its signatures within each other, and whether it is about this app. Never throws. */
export async function judgeNotification(body: Buffer, app: App, verifier: JwsVerifier): Promise<Judged> {
  const jws = signedPayloadOf(body)
  if (jws === null)
    return outside(refused(400, 'The body is not a notification of the App Store: {"signedPayload": "…"} is expected.'))
  const outer = await verifier.verify(jws)
  if (!outer.ok)
    return outside(refused(outer.shapeless ? 400 : 401, `The notification was refused, since ${outer.reason}.`))
  const named = namedIn(outer.payload, app)
  if (named.kind === 'refused') return outside(named)
  const parts = await Promise.all(partsOf(outer.payload).map((part) => judgePart(part, named, app, verifier)))
  const fault = parts.find((part) => part.kind === 'refused')
  if (fault !== undefined) return outside(fault)
  const { payload } = outer
  const type = textOf(payload.notificationType) ?? '(no type)'
  const subtype = textOf(payload.subtype)
  const message: AcceptedMessage = {
    sourceKey: textOf(payload.notificationUUID) ?? `sha256:${createHash('sha256').update(jws).digest('hex')}`,
    environment: named.environment,
    type: subtype === null ? type : `${type}/${subtype}`,
    sentAt: wholeOf(payload.signedDate) ?? 0,
    body,
  }
  const inside = (field: string): unknown => {
    const found = parts.find((part) => part.kind === 'part' && part.name === `data.${field}`)
    return found?.kind === 'part' ? found.payload : null
  }
  return {
    accepted: { kind: 'accepted', message },
    opened: { payload, transaction: inside('signedTransactionInfo'), renewal: inside('signedRenewalInfo') },
  }
}

function outside(accepted: Refused): Judged {
  return { accepted, opened: null }
}

interface Named {
  readonly kind: 'named'
  readonly environment: Environment
  /** Apple's word for it, which every inner part must repeat. */
  readonly word: string
}

const ENVIRONMENTS: Readonly<Record<string, Environment>> = { Production: 'production', Sandbox: 'sandbox' }

/**
 * The app and environment that the outer payload names, in whatever object it does (data, summary, appData,
 * externalPurchaseToken, or one that Apple adds some day): every one must be this app. Xcode and LocalTesting, whose
 * payloads nobody signed, are no environments of any app.
 */
function namedIn(payload: Json, app: App): Named | Refused {
  const bodies = bodiesOf(payload)
  if (bodies.length === 0) return refused(401, 'The notification names no app, so it cannot be told whose it is.')
  const identity = identityOf(app)
  let found: Named | null = null
  for (const { body, name } of bodies) {
    const claimed = textOf(body.bundleId)
    if (claimed !== identity.bundleId) return otherApp(claimed, app)
    const word = name === 'externalPurchaseToken' ? tokenEnvironment(body) : (textOf(body.environment) ?? '')
    const environment = ENVIRONMENTS[word]
    if (environment === undefined || !app.environments.includes(environment))
      return otherEnvironment(word, claimed, app)
    if (environment === 'production' && wholeOf(body.appAppleId) !== identity.appAppleId)
      return otherAppleId(body.appAppleId, claimed, app)
    if (found !== null && found.word !== word) return otherEnvironment(word, claimed, app)
    found = { kind: 'named', environment, word }
  }
  return found ?? refused(401, 'The notification names no app, so it cannot be told whose it is.')
}

const BODIES: ReadonlySet<string> = new Set(['data', 'summary', 'externalPurchaseToken', 'appData'])

function bodiesOf(payload: Json): readonly { readonly name: string; readonly body: Json }[] {
  return Object.entries(payload).flatMap(([name, body]) =>
    isJson(body) && (BODIES.has(name) || 'bundleId' in body) ? [{ name, body }] : [],
  )
}

/** A token names no environment (developer.apple.com/documentation/appstoreservernotifications/externalpurchaseid). */
function tokenEnvironment(token: Json): string {
  return textOf(token.externalPurchaseId)?.startsWith('SANDBOX') === true ? 'Sandbox' : 'Production'
}

interface Part {
  readonly kind: 'part'
  /** "data.signedTransactionInfo". */
  readonly name: string
  readonly field: string
  readonly payload: unknown
}

/** Every `signed…` field of what names an app, unread yet. */
function partsOf(payload: Json): readonly Part[] {
  return bodiesOf(payload).flatMap(({ name, body }) =>
    Object.entries(body).flatMap(([field, jws]): readonly Part[] =>
      /^signed[A-Z]/.test(field) && jws != null
        ? [{ kind: 'part', name: `${name}.${field}`, field, payload: jws }]
        : [],
    ),
  )
}

/** Each part is a JWS of its own and must name the same app and environment, as far as its kind names them. */
async function judgePart(part: Part, named: Named, app: App, verifier: JwsVerifier): Promise<Part | Refused> {
  const { field, payload: jws } = part
  if (typeof jws !== 'string') return refused(401, `The notification was refused, since its ${field} is not text.`)
  const appTransaction = field === 'signedAppTransactionInfo'
  const dateOf = appTransaction ? (json: Json) => wholeOf(json.receiptCreationDate) : undefined
  const inner = await (dateOf === undefined ? verifier.verify(jws) : verifier.verify(jws, dateOf))
  if (!inner.ok) return refused(401, `The notification was refused for its ${field}, since ${inner.reason}.`)
  const { payload } = inner
  const word = appTransaction ? payload.receiptType : payload.environment
  // Apple's renewal info names no bundle id, every other known part does.
  const namesApp = field === 'signedTransactionInfo' || appTransaction || 'bundleId' in payload
  if (namesApp && payload.bundleId !== identityOf(app).bundleId) return otherApp(textOf(payload.bundleId), app)
  if (word !== named.word) return otherEnvironment(textOf(word) ?? '', null, app)
  const wrongId =
    appTransaction && named.environment === 'production' && wholeOf(payload.appAppleId) !== identityOf(app).appAppleId
  return wrongId ? otherAppleId(payload.appAppleId, null, app) : { ...part, payload }
}

function otherApp(claimed: string | null, app: App): Refused {
  const theirs = claimed === null ? 'no app' : `the app ${claimed}`
  const fix = 'give each app its own notification address in App Store Connect'
  return refused(
    401,
    `The notification is about ${theirs}, but ${app.id} is ${identityOf(app).bundleId}: ${fix}.`,
    claimed,
  )
}

function otherAppleId(claimed: unknown, bundleId: string | null, app: App): Refused {
  const ours = identityOf(app).appAppleId
  const mine = ours === null ? 'app_apple_id is not set' : `app_apple_id is ${ours}`
  return refused(
    401,
    `The notification is about the Apple ID ${String(claimed)}, but of ${app.id} ${mine}: set it to the Apple ID in App Store Connect.`,
    bundleId,
  )
}

function otherEnvironment(word: string, claimed: string | null, app: App): Refused {
  const theirs = word === '' ? 'no environment' : `the environment ${word}`
  const ours = app.environments.join(' and ')
  return refused(
    401,
    `The notification is of ${theirs}, but ${app.id} takes ${ours}: correct the address in App Store Connect or the app's environments.`,
    claimed,
  )
}

function refused(status: 400 | 401, reason: string, claimed: string | null = null): Refused {
  return { kind: 'refused', status, reason, claimed }
}
