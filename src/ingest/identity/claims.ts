import { newCustomer } from '../../customers/customer.ts'
import { type Claim, claimOf, idsOf } from '../../customers/identity.ts'
import type { LifecycleEvent } from '../../domain/event.ts'
import { freeze, nextSeq } from '../../domain/freeze.ts'
import { questionOf } from '../../domain/ledger.ts'
import type { App, Project } from '../../domain/project.ts'
import { type PurchaseKey, purchaseId } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { statusAt } from '../../domain/status.ts'
import { transferOf } from '../../domain/transfer.ts'
import type { CustomerRow, NewEvent, PurchaseRow } from '../../storage/rows.ts'
import type { Loaded, StepRows } from '../../storage/storage.ts'
import { frozenCustomer, isNobody } from '../batch-customers.ts'
import type { FoldDeps, Named } from '../fold.ts'
import { type CustomerDeps, customerNamed, historyRow } from './customers.ts'
import { joinInto } from './join.ts'

export interface ClaimDeps extends CustomerDeps {
  readonly terms: FoldDeps['terms']
  /** Events that a claim made. */
  readonly claimed: (events: readonly LifecycleEvent[]) => void
}

/** A customer, opened before, shows that a purchase is its own. */
export interface ClaimWish {
  readonly project: Project
  readonly app: App
  readonly key: PurchaseKey
  readonly appUserId: string
  readonly restore: boolean
  readonly presentedOfferingId: string | null
}

/** `unknown`: nobody has heard of the purchase yet. `refused`: it belongs to another customer and stays there. */
export type Claimed = 'own' | 'unknown' | 'refused'

/** Another step may come between what is read and what is done about it. */
const MOST_TRIES = 5

/** Merges, transfers or refuses, by the project's rule; each of them is one transaction. */
export async function claim(wish: ClaimWish, deps: ClaimDeps): Promise<Claimed> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await decide(wish, deps)
    if (typeof found === 'string') return found
    const joined = await joinInto(found.claimant, found.owner, deps, wish.presentedOfferingId)
    if (joined !== null) return 'own'
  }
  throw new Error('A claim lost the race for its customers again and again; send it again.')
}

interface Pair {
  readonly owner: CustomerRow
  readonly claimant: CustomerRow
}

/** What is decided, with a transfer made at once; a pair that is to become one is joined by a transaction of its own. */
async function decide(wish: ClaimWish, deps: ClaimDeps): Promise<Claimed | Pair> {
  const { project, key, appUserId } = wish
  const now = deps.now()
  const keys = { purchases: [key], appUserIds: [{ projectId: project.id, appUserId }] }
  const { found, events } = await deps.storage.step<{
    readonly found: Claimed | Pair
    readonly events: readonly LifecycleEvent[]
  }>(keys, (loaded) => {
    const row = loaded.purchases.get(purchaseId(key))
    const claimant = customerNamed(project.id, appUserId, loaded)
    if (row === undefined || claimant === null) return { save: {}, result: { found: 'unknown', events: [] } }
    const owner = ownerOf(row, loaded)
    const purchase = JSON.parse(row.body) as Purchase
    switch (owner.id === claimant.id ? 'own' : ruleOf(wish, purchase, { owner, claimant }, now)) {
      case 'own':
        return { save: {}, result: { found: 'own', events: [] } }
      case 'refuse':
        return { save: {}, result: { found: 'refused', events: [] } }
      case 'merge':
        return { save: {}, result: { found: { owner, claimant }, events: [] } }
      case 'transfer': {
        const moved = transfer(wish, row, purchase, { owner, claimant }, now, deps)
        return { save: moved.save, result: { found: 'own', events: moved.events } }
      }
    }
  })
  if (events.length > 0) deps.claimed(events)
  return found
}

/** What becomes of a purchase that one customer has and another one shows. */
export function ruleOf(
  { project, key, restore }: Pick<ClaimWish, 'project' | 'key' | 'restore'>,
  purchase: Purchase,
  pair: Pair,
  now: number,
): Claim {
  const ended = ['expired', 'paused', 'expired_promotional'].includes(statusAt(purchase, now))
  const active = purchase.kind === 'subscription' && !ended
  const namesAccounts = key.store === 'app_store' || key.store === 'play_store'
  return claimOf({ ...pair, behavior: project.transferBehavior, restore, active, namesAccounts })
}

export function ownerOf({ key, customerId }: PurchaseRow, loaded: Loaded): CustomerRow {
  const owner = loaded.customers.get(`${key.projectId}\n${customerId}`)
  if (owner === undefined) throw new Error('A purchase names a customer that storage does not have: this is a bug')
  return owner
}

/** The purchase alone moves; its events stay with whom they were told of. The one who gets it is told. */
function transfer(
  { project, app, key }: ClaimWish,
  row: PurchaseRow,
  before: Purchase,
  { owner, claimant }: Pair,
  now: number,
  deps: ClaimDeps,
): { readonly save: StepRows; readonly events: readonly LifecycleEvent[] } {
  const made = transferOf(before, now)
  const seq = nextSeq(claimant.lastSeq, now)
  const purchase = made?.purchase ?? before
  const customer = { ...claimant, lastSeq: seq }
  const body = { purchase: key, from: owner.aliases, to: claimant.aliases }
  const frozen = frozenCustomer(claimant)
  const event: NewEvent | null =
    made === null
      ? null
      : {
          event: {
            ...freeze(made.happening, purchase, {
              project,
              app,
              customer: frozen,
              seq,
              now,
              provisionalUntil: null,
              fallbackTerms: () => deps.terms(app)(questionOf(made.happening, null, before)),
            }),
            transferred: { from: owner.aliases, to: claimant.aliases },
          },
          notificationId: null,
        }
  const { projectId } = claimant
  return {
    events: event === null ? [] : [{ ...event.event, attributes: claimant.attributes }],
    save: {
      purchases: [{ ...row, customerId: claimant.id, body: JSON.stringify(purchase) }],
      customers: [customer],
      events: event === null ? [] : [event],
      attributeSets: [{ projectId, hash: frozen.attributeSet, attributes: claimant.attributes }],
      history: [historyRow(owner, now, 'transfer', body), historyRow(claimant, now, 'transfer', body)],
    },
  }
}

/**
 * The store names the account of a purchase that had nobody: its derived customer becomes that account's. Whoever has a
 * purchase already keeps it, whatever a later message says.
 */
export async function nameOwner({ key, account }: Named, deps: ClaimDeps): Promise<void> {
  const { projectId } = key
  const names = idsOf(account)
  const [first = account] = names
  const now = deps.now()
  const appUserIds = names.map((appUserId) => ({ projectId, appUserId }))
  const pair = await deps.storage.step(
    { purchases: [key], appUserIds },
    (loaded): { save: StepRows; result: Pair | null } => {
      const row = loaded.purchases.get(purchaseId(key))
      if (row === undefined) return { save: {}, result: null }
      const owner = ownerOf(row, loaded)
      if (!isNobody(owner, key)) return { save: {}, result: null }
      const known = names.map((name) => customerNamed(projectId, name, loaded)).find((one) => one !== null)
      const named = known ?? { ...newCustomer(projectId, first, now), onlyNamed: true }
      if (named.id === owner.id) return { save: {}, result: null }
      return { save: known === undefined ? { customers: [named] } : {}, result: { owner, claimant: named } }
    },
  )
  if (pair !== null) await joinInto(pair.claimant, pair.owner, deps)
}
