import type { App } from '../domain/project.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { Store } from '../stores/store.ts'
import { askPatiently } from './asking.ts'
import type { FetchGate } from './fetch-gate.ts'

/** A receipt of Amazon, as its SDK names it. */
export interface TermQuestion {
  readonly app: App
  readonly storeUserId: string
  readonly receiptId: string
}

/** What the store says of a receipt, in its own words: the SDK posts it together with the term that was sold. */
export type TermAnswer =
  | { readonly kind: 'read'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'credentials'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterS: number }

export interface TermDeps {
  readonly gate: FetchGate
  readonly now: () => number
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly stopping: AbortSignal
}

const COME_AGAIN_S = 5

/** Asked of the store each time, within the account's budget; nothing is kept. */
export async function receiptTerm({ app, storeUserId, receiptId }: TermQuestion, deps: TermDeps): Promise<TermAnswer> {
  const store = deps.stores.get(app.store)
  const [environment = 'production'] = app.environments
  if (store?.term === undefined)
    return { kind: 'absent', reason: 'The store of this app has no such receipts; post the receipt.' }
  const nothing = { kind: 'absent' as const, reason: 'The store does not know this receipt.' }
  const ask = async () => (await store.term?.(storeUserId, receiptId, app)) ?? nothing
  const asked = await askPatiently({ app, environment }, ask, deps, deps.stopping)
  switch (asked.kind) {
    case 'fetched':
      return { kind: 'read', body: asked.value }
    case 'retry': {
      const retryAfterS = asked.afterMs === null ? COME_AGAIN_S : Math.max(1, Math.ceil(asked.afterMs / 1_000))
      return { kind: 'unavailable', reason: asked.reason, retryAfterS }
    }
    default:
      return asked
  }
}
