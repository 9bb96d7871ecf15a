import type { Store, StoreDeclaration } from '../store.ts'
import { acceptMessage, eventIn } from './accept.ts'
import { decodedOf } from './decode.ts'
import { REVENUECAT_FIELDS, refuseApp } from './fields.ts'
import { REVENUECAT_STEPS } from './steps.ts'

export const revenuecatDeclaration: StoreDeclaration = {
  name: 'revenuecat',
  slug: 'revenuecat',
  title: 'RevenueCat-shaped feed',
  fields: REVENUECAT_FIELDS,
  steps: REVENUECAT_STEPS,
  refuse: refuseApp,
}

/** A feed of finished events of several stores. It cannot be asked for anything: what it does not send is not known. */
export function createRevenuecat(deps: { readonly now: () => number }): Store {
  return {
    ...revenuecatDeclaration,
    accept: (message, app) => Promise.resolve(acceptMessage(message, app, deps.now())),
    decode: (kept, app) => {
      const event = eventIn(kept.body)
      if (event === null) throw new Error('The kept bytes are not an event of a webhook.')
      return decodedOf(event, app)
    },
    canAskHistory: () => false,
    history: () => Promise.resolve({ kind: 'absent', reason: 'A feed has no history that could be asked for.' }),
  }
}
