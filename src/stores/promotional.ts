import type { Store } from './store.ts'

/**
 * Grants come by our own API, so nothing comes in under this name and nobody can be asked. It is here for the clock,
 * which ends grants as it ends everything else.
 */
export const promotional: Store = {
  name: 'promotional',
  slug: 'promotional',
  title: 'Promotional grants',
  fields: [],
  steps: [],
  refuse: () => 'Promotional grants need no app; grant them by the API with a secret key.',
  accept: async () => ({
    kind: 'refused',
    status: 400,
    reason: 'Promotional grants are made by the API, not by notifications.',
    claimed: null,
  }),
  decode: () => {
    throw new Error('Promotional grants send no messages.')
  },
  canAskHistory: () => false,
  history: async () => ({ kind: 'absent', reason: 'Promotional grants have no store that keeps a history.' }),
}
