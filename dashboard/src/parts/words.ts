/** Names of the API as people read them. A name that is not listed is shown without its underscores. */

const STORES: Readonly<Record<string, string>> = {
  app_store: 'App Store',
  play_store: 'Google Play',
  amazon: 'Amazon',
  stripe: 'Stripe',
  revenuecat: 'RevenueCat feed',
  promotional: 'Granted',
}

/** `trial_started` → `Trial started`, `INITIAL_PURCHASE` → `Initial purchase`. */
export function words(name: string): string {
  const text = name.replaceAll('_', ' ').toLowerCase().trim()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function storeName(store: string): string {
  return STORES[store.toLowerCase()] ?? words(store)
}
