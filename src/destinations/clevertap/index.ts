import type { EventName } from '../../domain/event.ts'
import type { Settings } from '../../domain/field.ts'
import type { Environment, StoreName } from '../../domain/purchase.ts'
import type { CustomerIdentity, Destination, Identified } from '../destination.ts'
import { check } from './check.ts'
import { accountOf, FIELDS } from './fields.ts'
import { LIMITS } from './limits.ts'
import { outcomes } from './outcomes.ts'
import { records } from './records.ts'
import { request } from './request.ts'
import { refuseEventName } from './restricted-names.ts'

/** What a promotional grant has: it is given, taken back or ends. */
const PROMOTIONAL: ReadonlySet<EventName> = new Set(['non_subscription_purchase', 'cancellation', 'expiration'])

/** The table of the reference's CleverTap page: Segment's without the pause. */
function carries(name: EventName, store: StoreName): boolean {
  if (name === 'subscription_paused') return false
  if (store === 'promotional') return PROMOTIONAL.has(name)
  if (name === 'uncancellation') return store !== 'stripe'
  if (name === 'product_change') return store !== 'amazon'
  return true
}

function hasChannel(settings: Settings, environment: Environment): boolean {
  return environment === 'production' || accountOf(settings, environment) !== null
}

/**
 * `objectId` when the customer has a `$clevertapId` (the reference's pages write it in two ways, so case is ignored),
 * and the app user id in any case: the identity without it, the fallback when CleverTap does not know the objectId.
 * A customer with a `$clevertapId` is known to CleverTap, so the `anonymous` option does not concern them.
 */
function identify(customer: CustomerIdentity, settings: Settings): Identified {
  const objectId = clevertapIdOf(customer.attributes)
  if (objectId !== null) return { kind: 'identity', identity: { objectId, identity: customer.appUserId } }
  if (customer.anonymous && settings.anonymous === 'hold_until_known') return { kind: 'hold' }
  if (customer.anonymous && settings.anonymous === 'skip') return { kind: 'skip' }
  return { kind: 'identity', identity: { identity: customer.appUserId } }
}

function clevertapIdOf(attributes: Readonly<Record<string, string>>): string | null {
  // The SDKs' own spelling first, then any other, in an order that does not depend on how they were stored.
  const keys = ['$clevertapId', ...Object.keys(attributes).sort()]
  for (const key of keys) {
    if (key.toLowerCase() !== '$clevertapid') continue
    const value = attributes[key]?.trim()
    if (value !== undefined && value !== '') return value
  }
  return null
}

/** https://developer.clevertap.com/docs/upload-events-api */
export const clevertap: Destination = {
  id: 'clevertap',
  title: 'CleverTap',
  fields: FIELDS,
  carries,
  refuseEventName,
  answers: 'record',
  limits: LIMITS,
  hasChannel,
  identify,
  records,
  request,
  outcomes,
  check,
  secretHeaders: ['x-clevertap-passcode'],
  secretBodyKeys: [],
}
