import type { HttpClient } from '../../net/http.ts'
import type { Store, StoreDeclaration } from '../store.ts'
import { createStripeClient } from './client.ts'
import { decodedOf } from './decode.ts'
import { acceptPushed } from './event.ts'
import { keyOf, refuseApp, STRIPE_FIELDS } from './fields.ts'
import { lineHistory, pollLine } from './poll.ts'
import { listsOf } from './pull.ts'
import { resolved } from './resolve.ts'
import { readShown } from './shown.ts'
import { STRIPE_STEPS } from './steps.ts'

export const stripeDeclaration: StoreDeclaration = {
  name: 'stripe',
  slug: 'stripe',
  title: 'Stripe',
  fields: STRIPE_FIELDS,
  steps: STRIPE_STEPS,
  refuse: refuseApp,
}

export interface StripeDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** Replaces https://api.stripe.com. */
  readonly apiUrl: string | null
}

/** Stripe at work. */
export function createStripe(deps: StripeDeps): Store {
  const client = createStripeClient(deps)
  const { now } = deps
  return {
    ...stripeDeclaration,
    accept: (message, app) => Promise.resolve(acceptPushed(message, app, now())),
    decode: (kept, app) => decodedOf(kept.body, app),
    canAskHistory: (app) => app.environments.some((environment) => keyOf(app, environment) !== null),
    history: (request, app) => lineHistory(request, app, client, now()),
    resolve: (request, app) => resolved(request, app, client),
    canPoll: (app) => app.environments.some((environment) => keyOf(app, environment) !== null),
    poll: (request, app) => pollLine(request, app, client),
    receipt: (request, app) => readShown(request, app, client),
    check: (environment, app) => client.get({ app, environment, path: '/v1/events', query: { limit: '1' } }),
    lists: (app) => listsOf(app, { client, now }),
  }
}
