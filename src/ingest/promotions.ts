import {
  type Grant,
  type Granted,
  grantedOf,
  grantObservation,
  promotionalApp,
  revocationObservation,
} from '../domain/grant.ts'
import type { Observation } from '../domain/observation.ts'
import type { Project } from '../domain/project.ts'
import type { SourceName } from '../domain/purchase.ts'
import type { Purchase } from '../domain/purchase-state.ts'
import type { ReadStorage } from '../storage/reads.ts'
import type { PurchaseRow } from '../storage/rows.ts'
import type { Store } from '../stores/store.ts'
import { type Group, type GroupDeps, saveTogether } from './groups.ts'

export interface PromotionDeps extends GroupDeps {
  readonly stores: ReadonlyMap<SourceName, Store>
}

/**
 * Gives a customer, made if new, an entitlement: saved with its event and deliveries in one transaction. The same wish
 * again gives what was granted the first time.
 */
export async function grant(
  project: Project,
  wish: Grant,
  deps: PromotionDeps & { readonly purchases: Pick<ReadStorage, 'getPurchase'> },
): Promise<Granted> {
  const observation = grantObservation(wish)
  const known = await deps.purchases.getPurchase(observation.key)
  if (known !== null) return grantedOf(JSON.parse(known.body) as Purchase)
  await saveTogether([groupOf(project, observation, deps.stores)], deps)
  return grantedOf(observation)
}

/** Takes the grants of an entitlement back, of all that this customer has; gives how many were still in force. */
export async function revokeGrants(
  project: Project,
  purchases: readonly PurchaseRow[],
  entitlement: string,
  deps: PromotionDeps,
): Promise<number> {
  const now = deps.now()
  const groups = purchases
    .filter(({ key }) => key.store === 'promotional' && key.line === entitlement)
    .map((row) => revocationObservation(JSON.parse(row.body) as Purchase, now))
    .filter((one) => one !== null)
    .map((one) => groupOf(project, one, deps.stores))
  if (groups.length > 0) await saveTogether(groups, deps)
  return groups.length
}

function groupOf(project: Project, observation: Observation, stores: PromotionDeps['stores']): Group {
  const store = stores.get('promotional')
  if (store === undefined) throw new Error('The store of grants is not in the registry: this is a bug in it')
  return {
    key: observation.key,
    app: promotionalApp(project.id),
    project,
    store,
    notifications: [],
    observations: [{ observation, notificationId: null }],
    historyOf: null,
  }
}
