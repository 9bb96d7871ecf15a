import type { Config, RemoteName } from '../config.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { DeliveryPort } from '../delivery/port.ts'
import type { LifecycleEvent } from '../domain/event.ts'
import type { Rates } from '../domain/exchange.ts'
import { PROMOTIONAL_APP, promotionalApp } from '../domain/grant.ts'
import { ruleTerms } from '../domain/terms.ts'
import { createFetchGate } from '../ingest/fetch-gate.ts'
import { withAttributes } from '../ingest/fold.ts'
import { type ClaimDeps, nameOwner } from '../ingest/identity/claims.ts'
import type { ReceiptMarks } from '../ingest/receipt-marks.ts'
import type { UnderstandDeps } from '../ingest/understand.ts'
import { redactor } from '../secrets/masking.ts'
import type { SettingsView } from '../settings/view.ts'
import type { Parts } from './parts.ts'
import type { RateBook } from './rates.ts'

/** What delivery and ingest ask of the rest of the hub. */

/** Where the operator points a remote to; null: nowhere else, or it is none that can be moved. */
export function originOf({ remotes }: Config): (remote: string) => string | null {
  return (remote) => remotes[remote as RemoteName] ?? null
}

export function deliveryPort(parts: Parts, http: DeliveryPort['http']): DeliveryPort {
  const { config, log, settings, live, storage } = parts
  const redactors = new WeakMap<SettingsView, Map<string, (text: string) => string>>()
  return {
    storage,
    http,
    originOf: originOf(config),
    integrations: () => settings.current().integrations,
    isKept: (projectId, id) => settings.current().managedBy('integration', projectId, id) !== undefined,
    destination: (id) => parts.destinations.get(id) ?? null,
    now: parts.now,
    random: parts.random,
    owner: storage.owner,
    meter: parts.metrics.delivery,
    log: (level, message, details) => log[level](details, message),
    news: ({ projectId, deliveries }) => {
      for (const delivery of deliveries) live.publish(projectId, { kind: 'delivery', delivery })
    },
    redact: (projectId, text) => {
      const view = settings.current()
      const known = redactors.get(view) ?? new Map<string, (text: string) => string>()
      redactors.set(view, known)
      const redact = known.get(projectId) ?? redactor(view.secretsOf(projectId))
      known.set(projectId, redact)
      return redact(text)
    },
  }
}

export function understandDeps(
  parts: Parts,
  stores: UnderstandDeps['stores'],
  delivery: Delivery,
  wakeDelivery: () => void,
  marks: ReceiptMarks,
  book: Pick<RateBook, 'of'>,
): UnderstandDeps {
  const { log, settings, storage, live } = parts
  const terms = new WeakMap<object, { readonly rates: Rates; readonly terms: ReturnType<typeof ruleTerms> }>()
  const deps: UnderstandDeps = {
    storage,
    links: storage,
    stores,
    now: parts.now,
    meter: parts.metrics.ingest,
    gate: createFetchGate((app, env, reason) =>
      log.error(
        { project: app.projectId, app: app.id, environment: env, reason },
        'The store refused the credentials of this app; it is asked again every five minutes',
      ),
    ),
    directory: () => {
      const view = settings.current()
      return {
        project: (id) => view.project(id) ?? null,
        app: (projectId, id) =>
          id === PROMOTIONAL_APP ? promotionalApp(projectId) : (view.app(projectId, id) ?? null),
        appsOf: view.appsOf,
      }
    },
    terms: (app) => {
      const project = settings.current().project(app.projectId)
      const rates = book.of(project)
      const known = terms.get(app)
      if (known?.rates === rates) return known.terms
      const made = ruleTerms(app, rates, project)
      terms.set(app, { rates, terms: made })
      return made
    },
    fanOut: (event, customer, now) => delivery.fanOut(event, customer, now),
    announced: (folded) => {
      wakeDelivery()
      for (const event of withAttributes(folded)) live.publish(event.projectId, { kind: 'event', event })
    },
    log: (message, details) => log.warn(details, message),
    getsReceipts: marks.has,
    named: async (named) => {
      for (const one of named) await nameOwner(one, identityDeps(parts, deps, delivery))
    },
  }
  return deps
}

/** What log-ins, attributes and claims ask. */
export function identityDeps(
  { storage, live, now }: Parts,
  { terms }: Pick<UnderstandDeps, 'terms'>,
  delivery: Delivery,
): ClaimDeps {
  const tell = (events: readonly LifecycleEvent[]): void => {
    for (const event of events) live.publish(event.projectId, { kind: 'event', event })
  }
  return { storage, now, terms, hasten: delivery.hasten, wake: delivery.wake, rewritten: tell, claimed: tell }
}
