import { z } from 'zod'
import { decimalOf } from '../domain/money.ts'
import type { App } from '../domain/project.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import { pullProgressOf } from '../ingest/pull.ts'
import type { AppCallKind } from '../storage/app-calls.ts'
import { Managed } from './api-shapes.ts'
import type { HubDoors } from './doors.ts'
import { isoOf } from './json-text.ts'
import { maskedSettings } from './masked-settings.ts'

const time = z.iso.datetime()

const CallSchema = z.object({ name: z.string(), count: z.int(), last_at: time })

export const AppSchema = z
  .object({
    id: z.string(),
    store: z.string(),
    title: z.string().describe('What people call the store.'),
    managed: Managed,
    public_key: z.string().nullable(),
    environments: z.array(z.enum(ENVIRONMENTS)),
    receive: z.enum(['push', 'pull']),
    events_from: time,
    commission: z.number().nullable().describe('Its own rate; null: by the tables.'),
    tax: z.number().nullable(),
    created_at: time,
    settings: z.record(z.string(), z.unknown()).describe('Secrets as {set, last4}.'),
    notification_url: z.string().nullable().describe('What to enter at the store.'),
    last_notification: z.object({ at: time, type: z.string().nullable() }).nullable(),
    notifications: z.object({ waiting: z.int(), understood: z.int(), ignored: z.int(), parked: z.int() }),
    refused: z.object({
      count: z.int(),
      last_at: time.nullable(),
      last_reason: z.string().nullable(),
      last_claimed: z
        .string()
        .nullable()
        .describe('The bundle id, package name or topic that the last refused message named.'),
    }),
    pulled: z
      .array(
        z.object({
          list: z.string().describe('Which of the lists of the store.'),
          environment: z.enum(ENVIRONMENTS),
          updated_at: time.describe('When it was last read.'),
          from: time,
          up_to: time,
          note: z.string().nullable().describe('What is odd about it, with what to do: an empty history.'),
        }),
      )
      .describe('What the store lists itself (its notification history with `receive: pull`), as far as it was read.'),
    sdk: z.object({
      versions: z.array(CallSchema).describe('SDKs that called with the public key, as platform and version.'),
      missing: z.array(CallSchema).describe('What they called and is not here, ids replaced by `{id}`.'),
      asks_for_signatures: CallSchema.nullable().describe(
        'Set when an app asked for signed answers, which there are none of: switch entitlement verification off in it.',
      ),
    }),
  })
  .meta({ id: 'App' })

export async function toApiApp(app: App, doors: HubDoors, baseUrl: string): Promise<z.infer<typeof AppSchema>> {
  const [status, calls] = await Promise.all([
    doors.reads.appStatus(app.projectId, app.id),
    doors.reads.appCalls(app.projectId, app.id),
  ])
  const callsOf = (kind: AppCallKind) =>
    calls
      .filter((call) => call.kind === kind)
      .map(({ name, count, lastAt }) => ({ name, count, last_at: isoOf(lastAt) }))
  const slug = doors.connectors.slugOf(app.store)
  const { waiting, understood, ignored, parked } = status.counts
  return {
    id: app.id,
    store: app.store,
    title: doors.connectors.storeTitle(app.store),
    managed: doors.settings.current().managedBy('app', app.projectId, app.id) ?? 'dashboard',
    public_key: app.publicKey,
    environments: [...app.environments],
    receive: app.receive,
    events_from: isoOf(app.eventsFrom),
    commission: app.commissionRatePpm === null ? null : decimalOf(app.commissionRatePpm),
    tax: app.taxRatePpm === null ? null : decimalOf(app.taxRatePpm),
    created_at: isoOf(app.createdAt),
    settings: maskedSettings(doors.connectors.storeFields(app.store), app.settings),
    notification_url:
      slug === null ? null : `${baseUrl.replace(/\/+$/, '')}/notifications/${slug}/${app.projectId}/${app.id}`,
    last_notification:
      status.lastNotificationAt === null
        ? null
        : { at: isoOf(status.lastNotificationAt), type: status.lastNotificationType },
    notifications: { waiting, understood, ignored, parked },
    refused: {
      count: status.refused.count,
      last_at: isoOf(status.refused.lastAt),
      last_reason: status.refused.lastReason,
      last_claimed: status.refused.lastClaimed,
    },
    pulled: status.cursors.flatMap((cursor) => {
      const progress = pullProgressOf(cursor)
      if (progress === null) return []
      const { list, environment, from, upTo, note } = progress
      return [{ list, environment, updated_at: isoOf(cursor.updatedAt), from: isoOf(from), up_to: isoOf(upTo), note }]
    }),
    sdk: { versions: callsOf('sdk'), missing: callsOf('missing'), asks_for_signatures: callsOf('nonce')[0] ?? null },
  }
}
