import { newCustomer } from '../../customers/customer.ts'
import type { App } from '../../domain/project.ts'
import { type PurchaseKey, purchaseId } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { type ClaimDeps, type ClaimWish, ownerOf, ruleOf } from './claims.ts'
import { customerNamed } from './customers.ts'

export interface RestoreQuestion {
  readonly app: App
  readonly appUserId: string
  /** A signed transaction of the App Store. */
  readonly token: string
}

export interface RestorableDeps extends Pick<ClaimDeps, 'storage' | 'now'> {
  directory(): { project(projectId: string): ClaimWish['project'] | null }
}

/**
 * Whether the customer would get what it restores, by the project's transfer behavior. Only asked: nothing is changed,
 * and the transaction is read without being verified, since a receipt that is posted later is verified anyway. What
 * nobody here has heard of may be anybody's.
 */
export async function mayRestore({ app, appUserId, token }: RestoreQuestion, deps: RestorableDeps): Promise<boolean> {
  const project = deps.directory().project(app.projectId)
  const key = keyIn(token, app)
  if (project === null || key === null) return true
  const now = deps.now()
  const asked = { purchases: [key], appUserIds: [{ projectId: project.id, appUserId }] }
  return deps.storage.step<boolean>(asked, (loaded) => {
    const row = loaded.purchases.get(purchaseId(key))
    if (row === undefined) return { save: {}, result: true }
    const owner = ownerOf(row, loaded)
    const claimant = customerNamed(project.id, appUserId, loaded) ?? newCustomer(project.id, appUserId, now)
    if (owner.id === claimant.id) return { save: {}, result: true }
    const purchase = JSON.parse(row.body) as Purchase
    const rule = ruleOf({ project, key, restore: true }, purchase, { owner, claimant }, now)
    return { save: {}, result: rule !== 'refuse' }
  })
}

/** The chain that a signed transaction names; null for anything else. */
function keyIn(token: string, { projectId, store }: App): PurchaseKey | null {
  const parts = token.split('.')
  const [, payload = ''] = parts
  if (store !== 'app_store' || parts.length !== 3) return null
  try {
    const { originalTransactionId: chain, environment } = JSON.parse(Buffer.from(payload, 'base64url').toString()) ?? {}
    if (typeof chain !== 'string' || !/^[0-9A-Za-z-]{1,100}$/.test(chain)) return null
    return { projectId, store, environment: environment === 'Sandbox' ? 'sandbox' : 'production', chain, line: '' }
  } catch {
    return null
  }
}
