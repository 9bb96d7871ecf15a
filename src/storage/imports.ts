import type { Page } from './reads.ts'
import type { CustomerRow, PurchaseRow } from './rows.ts'

/** How far a file, or several that belong together, was taken over. */
export interface ImportRow {
  readonly projectId: string
  /** Derived from the contents: the same files are the same import. */
  readonly id: string
  readonly kind: 'revenuecat_export' | 'purchases' | 'attributes'
  /** Names of the files, for people. */
  readonly source: string
  /** Pieces that are done, in the order in which the contents give them, of how many (null: not known yet). */
  readonly done: number
  readonly pieces: number | null
  /** What was counted so far, by name: JSON. */
  readonly counts: string
  readonly startedAt: number
  readonly updatedAt: number
  readonly finishedAt: number | null
}

/** Imports, and everything of a project in pages, for exports. */
export interface ImportStorage extends PagesStorage {
  loadImport(projectId: string, id: string): Promise<ImportRow | null>
  /** Writes over what is stored of the same import. */
  saveImport(row: ImportRow): Promise<void>
}

/** In the order of the keys: short reads, each of which begins where one ended. */
interface PagesStorage {
  pageCustomers(query: PageQuery): Promise<Page<CustomerRow>>
  /** With their customers. */
  pagePurchases(query: PageQuery): Promise<Page<OwnedPurchase>>
}

export interface PageQuery {
  readonly projectId: string
  /** A `next`; '' for the beginning. */
  readonly after: string
  readonly limit: number
}

export interface OwnedPurchase {
  readonly purchase: PurchaseRow
  readonly customer: CustomerRow
}
