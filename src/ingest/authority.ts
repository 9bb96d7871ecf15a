import type { App } from '../domain/project.ts'
import type { PurchaseKey } from '../domain/purchase.ts'

/**
 * A project may hear of one purchase twice: from its store, and from a feed that tells of all stores. One of the two
 * announces it, as the feed's `authority` says; the other is kept to compare, so that nothing is announced twice.
 * Gives the app that announces in place of `teller`; null when `teller` does. Pure.
 */
export function announcerInPlaceOf(
  teller: App,
  { store, environment }: PurchaseKey,
  appsOfProject: readonly App[],
): App | null {
  // Grants have no app of a store: whoever gave one tells of it alone.
  if (store === 'promotional') return null
  const listening = appsOfProject.filter((app) => app.environments.includes(environment))
  if (isFeed(teller)) {
    if (announcesItself(teller)) return null
    return listening.find((app) => app.store === store) ?? null
  }
  return listening.find((app) => isFeed(app) && announcesItself(app)) ?? null
}

function isFeed(app: App): boolean {
  return app.store === 'revenuecat'
}

function announcesItself(feed: App): boolean {
  return feed.settings.authority === 'revenuecat'
}

/** What a message that is only compared says on its page. */
export function comparedNote(announcer: App): string {
  return `Compared only: purchases of this store are announced by ${announcer.id} (authority).`
}
