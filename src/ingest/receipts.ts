import type { AttributeChange, AttributeError } from '../customers/attributes.ts'
import { idsOf } from '../customers/identity.ts'
import { appUserIdHash, hashedAppUserId } from '../domain/ids.ts'
import type { Observation } from '../domain/observation.ts'
import type { App, Project } from '../domain/project.ts'
import { type PurchaseKey, purchaseId, type SourceName } from '../domain/purchase.ts'
import type { CustomerRow } from '../storage/rows.ts'
import type { Fetched, ReceiptRead, ReceiptRequest, Resolved, Shown, Store } from '../stores/store.ts'
import { askPatiently } from './asking.ts'
import { announcerInPlaceOf } from './authority.ts'
import { type Group, saveTogether } from './groups.ts'
import { askHistory } from './histories.ts'
import { type ClaimDeps, claim } from './identity/claims.ts'
import { openCustomer, setAttributes } from './identity/customers.ts'
import type { ReceiptMarks } from './receipt-marks.ts'
import { linkedIn, type ResolutionDeps } from './resolutions.ts'

/** A receipt of an SDK, or the claim of a purchase by a backend. */
export interface PostedReceipt extends Omit<ReceiptRequest, 'at' | 'linked'> {
  readonly app: App
  readonly appUserId: string
  /** `is_restore`: the customer asked for what was bought before. */
  readonly restore: boolean
  /** `presented_offering_identifier` */
  readonly offeringId: string | null
  /** Stored before its events are frozen. */
  readonly attributes: readonly AttributeChange[]
}

/** Whose it is and what shows it: all that a backend knows as a rule. */
export function bareReceipt(app: App, appUserId: string, shown: Shown): PostedReceipt {
  return {
    app,
    appUserId,
    shown,
    productIds: [],
    storeUserId: null,
    sandbox: null,
    price: null,
    countryCode: null,
    restore: false,
    offeringId: null,
    attributes: [],
  }
}

export type ReceiptOutcome =
  | {
      readonly kind: 'taken'
      readonly customer: CustomerRow
      readonly attributeErrors: readonly AttributeError[]
      /** The purchases that it showed. */
      readonly purchases: readonly PurchaseKey[]
    }
  /** It can never be taken as it is; one sentence. */
  | {
      readonly kind: 'refused'
      readonly why: 'invalid_receipt' | 'product_missing' | 'cannot_transfer' | 'no_such_store'
      readonly reason: string
    }
  /** The store refused the credentials of the app. */
  | { readonly kind: 'credentials'; readonly reason: string }
  /** The store is down or throttles: the sender comes again. */
  | { readonly kind: 'unavailable'; readonly reason: string; readonly retryAfterS: number }

export interface ReceiptDeps extends ResolutionDeps, Omit<ClaimDeps, 'storage' | 'terms'> {
  readonly storage: ResolutionDeps['storage'] & ClaimDeps['storage']
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly marks: ReceiptMarks
  /** Aborted when the hub stops: nobody waits for a store any longer. */
  readonly stopping: AbortSignal
}

const COME_AGAIN_S = 5

/**
 * Verified with its store, folded into its purchases, claimed for the customer. Each of these is a transaction that stands
 * by itself and changes nothing when it comes twice, so a receipt that ends half-way is simply posted again.
 */
export async function postReceipt(receipt: PostedReceipt, deps: ReceiptDeps): Promise<ReceiptOutcome> {
  const { app, appUserId, attributes } = receipt
  const project = deps.directory().project(app.projectId)
  const store = deps.stores.get(app.store)
  if (project === null || store?.receipt === undefined) {
    return {
      kind: 'refused',
      why: 'no_such_store',
      reason: 'This app takes no receipts; post them to the app of their store.',
    }
  }
  // First of all: what the store says may take its time, and a notification must not overtake them meanwhile.
  const attributeErrors = await setAttributes(project.id, appUserId, attributes, deps)
  await deps.marks.mark(app)
  const read = await readReceipt(receipt, store, deps)
  if (read.kind !== 'fetched') return outcomeOf(read)
  const { observations } = read.value
  const keys = [...new Map(observations.map(({ observation: { key } }) => [purchaseId(key), key])).values()]
  // Known ones first, so that what this receipt yields is told of the right customer.
  const before = await claimAll(keys, receipt, project, deps)
  const kept = await fold(read.value, keys, { receipt, project, store }, deps)
  if (kept !== null) return outcomeOf(kept)
  const refused = before || (await claimAll(keys, receipt, project, deps))
  if (refused) {
    const reason =
      'The purchase belongs to another customer, and the project’s transfer_behavior leaves it there; sign in as that one.'
    return { kind: 'refused', why: 'cannot_transfer', reason }
  }
  const { customer } = await openCustomer(project.id, appUserId, deps)
  return { kind: 'taken', customer, attributeErrors, purchases: keys }
}

type Failure = Exclude<ReceiptRead, { kind: 'fetched' }>

function outcomeOf(failure: Failure): ReceiptOutcome {
  switch (failure.kind) {
    case 'absent':
      return { kind: 'refused', why: 'invalid_receipt', reason: failure.reason }
    case 'invalid': {
      const why = failure.fault === 'product_missing' ? 'product_missing' : 'invalid_receipt'
      return { kind: 'refused', why, reason: failure.reason }
    }
    case 'credentials':
      return { kind: 'credentials', reason: failure.reason }
    case 'retry': {
      const retryAfterS = failure.afterMs === null ? COME_AGAIN_S : Math.max(1, Math.ceil(failure.afterMs / 1_000))
      return { kind: 'unavailable', reason: failure.reason, retryAfterS }
    }
  }
}

/** Within the account's budget; a store that is away for a moment is asked again, as for notifications. */
async function readReceipt(receipt: PostedReceipt, store: Store, deps: ReceiptDeps): Promise<ReceiptRead> {
  const { app, shown, productIds, storeUserId, sandbox, price, countryCode } = receipt
  const [first = 'production'] = app.environments
  const wanted = sandbox === true ? 'sandbox' : 'production'
  const environment = app.environments.includes(wanted) ? wanted : first
  const ask = async (): Promise<Fetched<ReceiptRead>> => {
    const linked = linkedIn(app, store, deps)
    const request = { shown, productIds, storeUserId, sandbox, price, countryCode, at: deps.now(), linked }
    const read = (await store.receipt?.(request, app)) ?? {
      kind: 'absent' as const,
      reason: 'The store reads no receipts.',
    }
    // What is wrong with the receipt says nothing about the account, nor do credentials that were never set.
    const unset = read.kind === 'credentials' && store.canPoll?.(app) === false
    return unset || read.kind === 'invalid' || read.kind === 'fetched' ? { kind: 'fetched', value: read } : read
  }
  const asked = await askPatiently({ app, environment }, ask, deps, deps.stopping)
  return asked.kind === 'fetched' ? asked.value : asked
}

/** Whether one of them belongs to somebody else and stays there. */
async function claimAll(
  keys: readonly PurchaseKey[],
  { app, appUserId, restore, offeringId }: PostedReceipt,
  project: Project,
  deps: ReceiptDeps,
): Promise<boolean> {
  let refused = false
  for (const key of keys) {
    const wish = { project, app, key, appUserId, restore, presentedOfferingId: offeringId }
    refused = (await claim(wish, deps)) === 'refused' || refused
  }
  return refused
}

interface Read {
  readonly receipt: PostedReceipt
  readonly project: Project
  readonly store: Store
}

/** null when all of it is saved. */
async function fold(
  resolved: Resolved,
  keys: readonly PurchaseKey[],
  read: Read,
  deps: ReceiptDeps,
): Promise<Failure | null> {
  const { receipt, project } = read
  const apps = deps.directory().appsOf(project.id)
  const groups = keys
    .filter((key) => announcerInPlaceOf(receipt.app, key, apps) === null)
    .map((key) => groupOf(key, resolved, read))
  for (const group of await saveTogether(groups, deps, { links: resolved.links })) {
    const request = group.historyOf
    const fetched = request === null ? null : await askHistory(group, request, deps)
    if (fetched?.kind === 'retry' || fetched?.kind === 'credentials') return fetched
    const history = fetched?.kind === 'fetched' ? [{ observation: fetched.value, notificationId: null }] : []
    const observations = [...history, ...(history.length > 0 ? group.observations : unavailable(group.observations))]
    await saveTogether([{ ...group, observations, historyOf: null }], deps)
  }
  return null
}

/** The store knows no history of it: the receipt speaks alone. */
function unavailable(observations: Group['observations']): Group['observations'] {
  return observations.map((one) => ({ ...one, observation: { ...one.observation, history: 'unavailable' } }))
}

function groupOf(key: PurchaseKey, { observations }: Resolved, { receipt, project, store }: Read): Group {
  const { app, appUserId, offeringId } = receipt
  const own = observations.filter(({ observation }) => purchaseId(observation.key) === purchaseId(key))
  return {
    key,
    app,
    project,
    store,
    notifications: [],
    observations: own.map(({ observation }) => ({
      observation: {
        ...observation,
        owner: accountOf(observation, appUserId),
        ...(offeringId === null ? {} : { presentedOfferingId: offeringId }),
      },
      notificationId: null,
    })),
    historyOf: { key, transactionId: key.chain },
  }
}

/** Whom the store names, where that is not just another form of the customer's own id; else the customer. */
function accountOf({ owner }: Observation, appUserId: string): string {
  if (owner === null || idsOf(owner).includes(appUserId)) return appUserId
  return hashedAppUserId(owner) === appUserIdHash(appUserId) ? appUserId : owner
}
