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

/** Reasons that the hub gives as a word, as a sentence begins. All others are sentences already. */
const REASONS: Readonly<Record<string, string>> = {
  not_in_table: 'Not sent for this store',
  name_blank: 'Its name is blank',
  sandbox_off: 'Sandbox is off',
  anonymous: 'The customer has no id of yours',
  outcome_unknown: 'Nobody knows whether it arrived',
}

/** Why a delivery failed or was skipped. */
export function reasonText(reason: string): string {
  return REASONS[reason] ?? (/^[a-z_]+$/.test(reason) ? words(reason) : reason)
}

/** As a sentence of its own, whatever stands after it. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`
}
