import type { AttributeChange, AttributeError } from '../customers/attributes.ts'
import type { App } from '../domain/project.ts'
import { type ExportBatch, type TakeDeps, type Taken, takeExported } from '../ingest/import/take.ts'
import { bareReceipt } from '../ingest/receipts.ts'
import type { ImportRow, ImportStorage } from '../storage/imports.ts'
import type { Page, ReadStorage } from '../storage/reads.ts'
import type { Shown } from '../stores/store.ts'
import type { CustomersDoor, ReceiptOutcome, ReceiptsDoor, SettingsDoor } from './doors.ts'
import { toApiEvent } from './event-json.ts'
import { exportedCustomer, exportedPurchase } from './export-json.ts'

/** What `import` and `export` ask of the hub: the operator's, for whole projects. */
export interface ImportsDoor {
  /** How far an import is; made when it is new. null: there is no such project. */
  begin(start: ImportStart): Promise<{ readonly row: ImportRow; readonly apps: readonly ImportApp[] } | null>
  progress(row: ImportRow): Promise<void>
  takeExported(projectId: string, batch: Omit<ExportBatch, 'project' | 'apps'>): Promise<Taken>
  /** In the order of the claims, one answer each. */
  claim(projectId: string, claims: readonly Claim[]): Promise<readonly ClaimOutcome[]>
  /** In the order of the sets, the keys that were refused. */
  setAttributes(projectId: string, sets: readonly AttributeWishes[]): Promise<readonly (readonly AttributeError[])[]>
  page(query: ExportQuery): Promise<Page<Readonly<Record<string, unknown>>>>
}

export type ImportStart = Pick<ImportRow, 'projectId' | 'id' | 'kind' | 'source'>
export type ImportApp = Pick<App, 'id' | 'store' | 'environments'>

export interface Claim {
  /** Its id, or the only app of the store of this name. */
  readonly app: string
  readonly appUserId: string
  readonly shown: Shown
  readonly productIds: readonly string[]
  readonly storeUserId: string | null
  readonly sandbox: boolean | null
}

export type ClaimOutcome =
  | { readonly kind: 'taken'; readonly purchases: number }
  | { readonly kind: 'refused'; readonly reason: string }
  /** The store is down, or its budget used up: the same claim comes again. */
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs: number }
  /** The store refuses the credentials of the app: no other claim of it can be taken either. */
  | { readonly kind: 'credentials'; readonly reason: string }

export interface AttributeWishes {
  readonly appUserId: string
  readonly changes: readonly AttributeChange[]
}

export interface ExportQuery {
  readonly kind: 'events' | 'customers' | 'purchases'
  readonly projectId: string
  readonly after: string
  readonly limit: number
}

export interface ImportRooms {
  readonly now: () => number
  readonly storage: ImportStorage & Pick<ReadStorage, 'listEvents'>
  readonly settings: SettingsDoor
  readonly customers: CustomersDoor
  readonly receipts: ReceiptsDoor
  readonly take: Omit<TakeDeps, 'join'>
}

export function importsDoor(rooms: ImportRooms): ImportsDoor {
  const { storage, settings, now } = rooms
  return {
    async begin({ projectId, id, kind, source }) {
      const view = settings.current()
      if (view.project(projectId) === undefined) return null
      const known = await storage.loadImport(projectId, id)
      const times = { startedAt: now(), updatedAt: now(), finishedAt: null }
      const row = known ?? { projectId, id, kind, source, done: 0, pieces: null, counts: '{}', ...times }
      if (known === null) await storage.saveImport(row)
      const apps = view
        .appsOf(projectId)
        .map((app) => ({ id: app.id, store: app.store, environments: app.environments }))
      return { row, apps }
    },
    progress: (row) => storage.saveImport(row),
    async takeExported(projectId, batch) {
      const view = settings.current()
      const project = view.project(projectId)
      if (project === undefined) throw new Error('The project was removed while its history was taken over.')
      return takeExported({ ...batch, project, apps: view.appsOf(projectId) }, { ...rooms.take, join: joining(rooms) })
    },
    claim: (projectId, claims) => Promise.all(claims.map((claim) => claimOne(projectId, claim, rooms))),
    setAttributes: (projectId, sets) =>
      Promise.all(sets.map(({ appUserId, changes }) => rooms.customers.setAttributes(projectId, appUserId, changes))),
    page: (query) => pageOf(query, storage),
  }
}

function joining({ customers }: ImportRooms): TakeDeps['join'] {
  return async (projectId, from, into) => {
    const outcome = await customers.alias(projectId, from, into, true)
    return outcome.kind === 'refused' ? outcome.reason : null
  }
}

async function claimOne(projectId: string, claim: Claim, { settings, receipts }: ImportRooms): Promise<ClaimOutcome> {
  const apps = settings.current().appsOf(projectId)
  const named = apps.find(({ id }) => id === claim.app)
  const ofStore = apps.filter(({ store }) => store === claim.app)
  const app = named ?? (ofStore.length === 1 ? ofStore[0] : undefined)
  if (app === undefined)
    return {
      kind: 'refused',
      reason: 'Its app is none of the project, nor the only one of a store: name the app by its id.',
    }
  const { appUserId, shown, productIds, storeUserId, sandbox } = claim
  const outcome = await receipts.post({ ...bareReceipt(app, appUserId, shown), productIds, storeUserId, sandbox })
  return claimOutcome(outcome)
}

function claimOutcome(outcome: ReceiptOutcome): ClaimOutcome {
  switch (outcome.kind) {
    case 'taken':
      return { kind: 'taken', purchases: outcome.purchases.length }
    case 'refused':
      return { kind: 'refused', reason: outcome.reason }
    case 'credentials':
      return { kind: 'credentials', reason: outcome.reason }
    case 'unavailable':
      return { kind: 'later', reason: outcome.reason, afterMs: outcome.retryAfterS * 1_000 }
  }
}

async function pageOf(
  { kind, projectId, after, limit }: ExportQuery,
  storage: ImportRooms['storage'],
): Promise<Page<Readonly<Record<string, unknown>>>> {
  switch (kind) {
    case 'customers': {
      const { items, next } = await storage.pageCustomers({ projectId, after, limit })
      return { items: items.map(exportedCustomer), next }
    }
    case 'purchases': {
      const { items, next } = await storage.pagePurchases({ projectId, after, limit })
      return { items: items.filter(({ purchase }) => purchase.key.store !== 'promotional').map(exportedPurchase), next }
    }
    case 'events': {
      const all = { types: [], customer: null, environment: null, before: null }
      const { items, next } = await storage.listEvents({ projectId, after, limit, ...all })
      return {
        items: items.map(({ event }) => toApiEvent(event, true)),
        next: items.length === 0 && next === after ? null : next,
      }
    }
  }
}
