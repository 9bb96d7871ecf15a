import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Json } from '../json.ts'
import type { Decoded } from '../store.ts'
import { type FeedEvent, feedEventOf } from './event.ts'
import { factsOf, isLifecycle, LIFECYCLE, type View, viewOf } from './facts.ts'
import { isKnownStore, keyOf, soundOf, storeOf } from './purchase.ts'
import { placeInTime, snapshotOf } from './state.ts'

/**
 * An event → what it tells. Pure.
 * @throws one sentence when a field is missing that the event's own rule needs.
 */
export function decodedOf(json: Json, app: App): Decoded {
  const event = feedEventOf(json)
  const { type } = event
  if (!isLifecycle(type)) return withoutPurchase(type)
  const store = storeOf(event)
  if (store === null) return ofNoStore(event)
  if (event.environment === null)
    return nothing(`This ${type} names no environment that this version knows, so it is left alone.`, true)
  return {
    kind: 'observed',
    observation: observationOf(viewOf(soundOf(event), type, store, app)),
    // A feed has no history to ask: its events say themselves what came before.
    historyOf: null,
  }
}

function observationOf(view: View): Observation {
  const { event, type, store, app, kind } = view
  return {
    key: keyOf(event, store, app),
    appId: app.id,
    kind,
    snapshot: snapshotOf(view),
    facts: factsOf(view),
    owner: ownerOf(event),
    history: 'partial',
    person: { ids: idsOf(event), attributes: event.attributes },
    ...(event.presentedOfferingId === null ? {} : { presentedOfferingId: event.presentedOfferingId }),
    ...(event.id === null ? {} : { external: { id: event.id, type: LIFECYCLE[type], at: placeInTime(view) } }),
  }
}

/** The app user id that was seen last, as the sender puts it first; else any that it names. */
function ownerOf(event: FeedEvent): string | null {
  return event.appUserId ?? event.originalAppUserId ?? event.aliases.at(-1) ?? null
}

function idsOf({ appUserId, originalAppUserId, aliases }: FeedEvent): readonly string[] {
  return [...new Set([appUserId, originalAppUserId, ...aliases].filter((id) => id !== null))]
}

/** Documented types that change no purchase of ours. */
const ABOUT_NO_PURCHASE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    TEST: 'A test event: the address and its secret work.',
    TRANSFER: 'Purchases moved from one customer to another: whose a purchase is, is not taken from this feed.',
    SUBSCRIBER_ALIAS: 'Two app user ids became one: that is told by the SDK and the API, not by this feed.',
    TEMPORARY_ENTITLEMENT_GRANT: 'Access was lent while the store could not be asked: no purchase is known yet.',
    EXPERIMENT_ENROLLMENT: 'A customer joined an experiment: no purchase changed.',
    INVOICE_ISSUANCE: 'An invoice was issued: its payment comes as an event of its own.',
    VIRTUAL_CURRENCY_TRANSACTION: 'A balance in a virtual currency changed: no purchase changed.',
    PURCHASE_REDEEMED: 'A web purchase was redeemed: the purchase itself comes as an event of its own.',
    PRICE_INCREASE_CONSENT_REQUIRED: 'The store asks for consent to a new price: nothing changed yet.',
    PRICE_INCREASE_CONSENT_APPROVED: 'The customer agreed to a new price: the next renewal shows it.',
  }),
)

function withoutPurchase(type: string): Decoded {
  if (type === '') throw new Error('The kept bytes are not an event of a webhook.')
  const why = ABOUT_NO_PURCHASE.get(type)
  return why === undefined
    ? nothing(`"${type.slice(0, 80)}" is a type that this version does not know.`, true)
    : nothing(why, false)
}

function ofNoStore({ type, store }: FeedEvent): Decoded {
  if (store === null) throw new Error(`This ${type} carries no store, so its purchase is unknown.`)
  return nothing(`Purchases of ${store.slice(0, 80)} are not followed.`, !isKnownStore(store))
}

function nothing(why: string, unknownType: boolean): Decoded {
  return { kind: 'nothing', why, unknownType }
}
