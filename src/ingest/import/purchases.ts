import { PROMOTIONAL_APP, promotionalApp } from '../../domain/grant.ts'
import type { App } from '../../domain/project.ts'
import { type PurchaseKey, purchaseId, type StoreName } from '../../domain/purchase.ts'
import { announcerInPlaceOf } from '../authority.ts'
import type { Remark } from './customers.ts'
import { refundIsNamed } from './facts.ts'
import type { ExportRow } from './row.ts'

/** The rows of one purchase with the app that they belong to. */
export interface ExportedRows {
  readonly key: PurchaseKey
  readonly app: App
  /** Oldest first, each transaction once: the row that was updated last. */
  readonly rows: readonly ExportRow[]
  /** How many rows it took, those included that a later one replaces. */
  readonly taken: number
}

export interface Shelf {
  readonly apps: readonly App[]
  /** The app of a store where the project has several, as the caller names it. */
  readonly named: Readonly<Partial<Record<StoreName, string>>>
}

/** The purchases among a customer's rows, and what of the rows cannot be taken. */
export function purchasesOf(
  projectId: string,
  rows: readonly ExportRow[],
  shelf: Shelf,
): { readonly purchases: readonly ExportedRows[]; readonly remarks: readonly Remark[] } {
  const remarks: Remark[] = []
  const purchases: ExportedRows[] = []
  for (const group of Map.groupBy(rows, (row) => purchaseId(keyOf(projectId, row))).values()) {
    const [first] = group
    if (first === undefined) continue
    const key = keyOf(projectId, first)
    const app = appOf(key, shelf)
    if (typeof app === 'string') {
      remarks.push({ reason: app, places: group.map(({ place }) => place), skips: true })
      continue
    }
    const named = group.filter(refundIsNamed)
    if (named.length > 0)
      remarks.push({
        reason:
          'Its charge was taken over without the refund, which the store names and the export does not: ask the store by import purchases.',
        places: named.map(({ place }) => place),
        skips: false,
      })
    purchases.push({ key, app, rows: inOrder(group), taken: group.length })
  }
  return { purchases, remarks }
}

/** As the store's own connector names it; Google's chains are named by a token, which no export carries (see links). */
function keyOf(projectId: string, row: ExportRow): PurchaseKey {
  const { store, environment, originalTransactionId } = row
  const grant = store === 'promotional'
  return {
    projectId,
    store,
    environment: grant ? 'production' : environment,
    chain: grant ? row.transactionId : originalTransactionId,
    line: grant ? (row.entitlements[0] ?? '') : '',
  }
}

/** Who will tell of this purchase from now on; else why nobody does. */
function appOf(key: PurchaseKey, { apps, named }: Shelf): App | string {
  const { store, environment } = key
  if (store === 'promotional') return promotionalApp(key.projectId)
  const ofStore = apps.filter((app) => app.store === store && app.environments.includes(environment))
  const name = named[store]
  const app = name === undefined ? ofStore[0] : ofStore.find(({ id }) => id === name)
  if (ofStore.length > 1 && name === undefined)
    return `The project has several apps of ${store}: name the one of this export with --app.`
  if (app === undefined)
    return `The project has no app of ${store} that takes ${environment}: add one and import again.`
  return announcerInPlaceOf(app, key, apps) ?? app
}

function inOrder(rows: readonly ExportRow[]): readonly ExportRow[] {
  const newest = new Map<string, ExportRow>()
  for (const row of rows) {
    const known = newest.get(row.transactionId)
    if (known === undefined || row.updatedAt >= known.updatedAt) newest.set(row.transactionId, row)
  }
  return [...newest.values()].sort(
    (a, b) =>
      a.startsAt - b.startsAt ||
      (a.renewalNumber ?? 0) - (b.renewalNumber ?? 0) ||
      (a.transactionId < b.transactionId ? -1 : 1),
  )
}

export function isGrant({ appId }: { readonly appId: string }): boolean {
  return appId === PROMOTIONAL_APP
}
