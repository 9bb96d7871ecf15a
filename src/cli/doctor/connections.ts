import type { Config, RemoteName } from '../../config.ts'
import { type Checked, checkDestination } from '../../delivery/check.ts'
import { destinationOf } from '../../destinations/registry.ts'
import type { App, Integration } from '../../domain/project.ts'
import type { SourceName } from '../../domain/purchase.ts'
import { pullCursorName, pullProgressOf } from '../../ingest/pull.ts'
import type { HttpClient } from '../../net/http.ts'
import type { AppCallRow } from '../../storage/app-calls.ts'
import type { AppStatus } from '../../storage/reads.ts'
import type { ChannelRow } from '../../storage/rows.ts'
import type { Store } from '../../stores/store.ts'
import { type Finding, fail, ok, warn } from './check.ts'

/** Stores and destinations: do they answer, do they take our credentials, do they speak to us. */

export interface Outside {
  readonly http: HttpClient
  readonly remotes: Config['remotes']
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly now: () => number
}

// ── apps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One call that needs what every other call needs. */
export async function appCredentials(app: App, outside: Outside): Promise<readonly Finding[]> {
  const store = outside.stores.get(app.store)
  const name = `app ${app.projectId}/${app.id}`
  if (store?.check === undefined) return []
  const asksHistory = store.canAskHistory(app)
  if (!asksHistory && store.canPoll?.(app) !== true) {
    return [
      warn(
        name,
        'No API key is set, so the history of a purchase cannot be asked for.',
        'Set api_key; without it a first message late in a purchase may be named Renewal where more is not known.',
      ),
    ]
  }
  const secret = asksHistory ? 'API key' : 'credentials'
  const findings: Finding[] = []
  for (const environment of app.environments) {
    const fetched = await store.check(environment, app)
    if (fetched.kind === 'fetched') findings.push(ok(name, `${store.title} accepts the ${secret} (${environment})`))
    else if (fetched.kind === 'credentials')
      findings.push(fail(name, fetched.reason, `Correct the ${secret} of this app and apply the config file again.`))
    else
      findings.push(
        warn(
          name,
          `${store.title} gave no answer about ${environment}: ${fetched.reason}`,
          'Check the network of this machine, then run doctor again.',
        ),
      )
  }
  return findings
}

/** What the SDKs in the app were heard to ask for and cannot have. */
export function appCallFindings(app: App, calls: readonly AppCallRow[]): readonly Finding[] {
  const name = `app ${app.projectId}/${app.id}`
  const signed = calls.find(({ kind }) => kind === 'nonce')
  const missing = calls.filter(({ kind }) => kind === 'missing')
  const [often] = missing
  return [
    ...(signed === undefined
      ? []
      : [
          warn(
            name,
            `The SDK asked ${signed.count} times for a signed answer, which only RevenueCat itself can give: it marks every answer as failed verification.`,
            'Set entitlement verification to disabled in the app, together with the proxy URL (docs/sdk.md).',
          ),
        ]),
    ...(often === undefined
      ? []
      : [
          warn(
            name,
            `The app called ${missing.length} addresses that are not here, most often ${often.name} (${often.count} times).`,
            'Compare them with docs/sdk.md; what is not there the app must do without.',
          ),
        ]),
  ]
}

export function appTraffic(app: App, status: AppStatus, now: number): readonly Finding[] {
  const name = `app ${app.projectId}/${app.id}`
  const findings: Finding[] = []
  const { lastNotificationAt, lastNotificationType, refused, counts } = status
  if (lastNotificationAt !== null) {
    findings.push(
      ok(name, `last notification ${ago(now - lastNotificationAt)} (${lastNotificationType ?? 'unknown type'})`),
    )
  } else if (app.receive === 'push') {
    findings.push(
      warn(
        name,
        'No notification has come yet.',
        `Enter BASE_URL/notifications/${app.store.replaceAll('_', '-')}/${app.projectId}/${app.id} at the store and send a test notification.`,
      ),
    )
  }
  if (refused.count > 0) {
    const claimed = refused.lastClaimed === null ? '' : ` (it named ${refused.lastClaimed})`
    findings.push(
      warn(
        name,
        `${refused.count} messages were refused, the last: ${refused.lastReason ?? 'no reason kept'}${claimed}`,
        'If they are yours, correct what the settings of this app say of it (bundle id and Apple ID, package name and topic ARN), or its environments.',
      ),
    )
  }
  if (counts.parked > 0)
    findings.push(
      warn(
        name,
        `${counts.parked} notifications could not be understood.`,
        'Look at them under /api notifications?status=parked and reprocess them after an update.',
      ),
    )
  return findings.concat(pullFindings(app, status, name))
}

const EMPTY_HISTORY =
  'Apple lists only version 2 notifications that it tried to send: set a version 2 URL in App Store Connect (any that answers), then its history fills.'

function pullFindings(app: App, { cursors }: AppStatus, name: string): readonly Finding[] {
  if (app.receive !== 'pull') return []
  if (app.store !== 'app_store') return listFindings(cursors, name)
  return app.environments.map((environment) => {
    const row = cursors.find((cursor) => cursor.name === pullCursorName({ name: 'notifications', environment }))
    if (row === undefined)
      return warn(
        name,
        `The notification history of ${environment} was not read yet.`,
        'Start the hub; it reads it from its beginning.',
      )
    const progress = JSON.parse(row.value) as { readonly upTo?: number; readonly note?: string | null }
    if (typeof progress.note === 'string') return warn(name, `${environment}: ${progress.note}`, EMPTY_HISTORY)
    return ok(
      name,
      `the history of ${environment} is read up to ${new Date(progress.upTo ?? row.updatedAt).toISOString()}`,
    )
  })
}

/** Where a store is read by several lists, each says how far it got. */
function listFindings(cursors: AppStatus['cursors'], name: string): readonly Finding[] {
  const read = cursors.map(pullProgressOf).filter((progress) => progress !== null)
  if (read.length === 0) return [warn(name, 'No list of the store was read yet.', 'Start the hub; it reads them.')]
  return read.map(({ list, upTo }) => ok(name, `the list "${list}" is read up to ${new Date(upTo).toISOString()}`))
}

// ── integrations ────────────────────────────────────────────────────────────────────────────────────────────────────

export async function integrationCredentials(integration: Integration, outside: Outside): Promise<readonly Finding[]> {
  const name = `integration ${integration.projectId}/${integration.id}`
  const destination = destinationOf(integration.destination)
  if (destination === undefined) return []
  if (!integration.enabled) return [ok(name, 'is switched off')]
  const { http, now, remotes } = outside
  const originOf = (remote: string) => remotes[remote as RemoteName] ?? null
  // What is found is printed on the machine that holds the secrets, and the messages of a check quote none.
  const checked = await checkDestination(destination, integration, { http, now, originOf, redact: (text) => text })
  return checked.map((one) => credentialFinding(`${name} ${one.environment}`, one))
}

function credentialFinding(name: string, { ok: accepted, message, environment }: Checked): Finding {
  if (accepted === true) return ok(name, message)
  if (accepted === false)
    return fail(name, message, `Correct the ${environment} credentials and apply the config file again.`)
  return warn(name, message, 'Check the network of this machine, then run doctor again.')
}

export function channelFindings(channels: readonly ChannelRow[]): readonly Finding[] {
  return channels
    .filter(({ state }) => state !== 'open')
    .map(({ projectId, integrationId, environment, state, reason, advice }) => {
      const name = `integration ${projectId}/${integrationId} ${environment}`
      const said = reason ?? 'no reason kept'
      return state === 'paused'
        ? fail(name, `Sending is paused: ${said}`, advice ?? 'Correct what it says; it goes on by itself.')
        : warn(
            name,
            `Sending backs off: ${said}`,
            advice ?? 'Nothing; it goes on by itself when the destination answers again.',
          )
    })
}

function ago(ms: number): string {
  if (ms < 0) return 'in the future: check the clock'
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 120) return `${minutes} min ago`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`
}
