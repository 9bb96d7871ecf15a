import type { AppCallRow } from './app-calls.ts'
import type { Value, Values } from './columns.ts'
import type { ExchangeRatesRow } from './rates.ts'
import type { AppStatus } from './reads.ts'
import type { CursorRow, NotificationStatus, SecretKeyRow, SettingsRow } from './rows.ts'

/** Rows of settings, keys and cursors, and what is shown of an app, from the columns that both drivers select. */

/** day, rates, fetched_at. */
export function exchangeRatesFrom(values: Values): ExchangeRatesRow {
  const [day, rates, fetchedAt] = values as readonly [string, string, number]
  return { day, rates, fetchedAt }
}

export function settingsFrom(values: Values): SettingsRow {
  const [kind, projectId, id, body, managed, createdAt, updatedAt] = values as readonly [
    SettingsRow['kind'],
    string,
    string,
    string,
    SettingsRow['managed'],
    number,
    number,
  ]
  return { kind, projectId, id, body, managed, createdAt, updatedAt }
}

export function keyFrom(values: Values): SecretKeyRow {
  const [projectId, name, hash, last4, managed, createdAt] = values as readonly [
    string,
    string,
    string,
    string,
    SecretKeyRow['managed'],
    number,
  ]
  return { projectId, name, hash, last4, managed, createdAt }
}

export function cursorFrom(values: Values): CursorRow {
  const [projectId, appId, name, value, updatedAt] = values as readonly [string, string, string, string, number]
  return { projectId, appId, name, value, updatedAt }
}

export function appCallFrom(values: Values): AppCallRow {
  const [kind, name, count, lastAt] = values as readonly [AppCallRow['kind'], string, number, number]
  return { kind, name, count, lastAt }
}

/** `inbox`: one row of counts and last times, or none where nothing ever came. */
export function appStatusFrom(inbox: Values | null | undefined, cursors: readonly Values[]): AppStatus {
  const values = inbox ?? [null, null, 0, 0, 0, 0, 0, null, null, null]
  const [at, type, waiting, understood, ignored, parked, count, lastAt, lastReason, lastClaimed] = values as readonly [
    number | null,
    string | null,
    number,
    number,
    number,
    number,
    number,
    number | null,
    string | null,
    string | null,
  ]
  return {
    lastNotificationAt: at,
    lastNotificationType: type,
    counts: { waiting, understood, ignored, parked },
    refused: { count, lastAt, lastReason, lastClaimed },
    cursors: cursors.map(cursorFrom),
  }
}

export function depthsFrom(values: readonly Value[]): Readonly<Record<NotificationStatus, number>> {
  const [waiting, understood, ignored, parked] = values.map(Number)
  return { waiting: waiting ?? 0, understood: understood ?? 0, ignored: ignored ?? 0, parked: parked ?? 0 }
}
