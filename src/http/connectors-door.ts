import { type Checked, checkDestination, type Outbound } from '../delivery/check.ts'
import { sendTestEvent } from '../delivery/test-event.ts'
import type { Destination } from '../destinations/destination.ts'
import { EVENT_NAMES } from '../domain/event.ts'
import { EVENT_LABELS } from '../domain/event-labels.ts'
import type { Field } from '../domain/field.ts'
import { type App, defaultEventName, type Integration } from '../domain/project.ts'
import { type SourceName, STORES } from '../domain/purchase.ts'
import type { HttpClient } from '../net/http.ts'
import { redactor } from '../secrets/masking.ts'
import { APP_FIELDS, INTEGRATION_FIELDS, settingsFieldsOf } from '../settings/common.ts'
import { secretsOf } from '../settings/declared.ts'
import { declarationOf, storeDeclarations } from '../stores/registry.ts'
import type { Fetched, Store, StoreDeclaration } from '../stores/store.ts'
import type { CheckedApp, ConnectorsDoor, ShownDestination, ShownStore } from './doors.ts'

/** What the connectors are asked through. */
export interface ConnectorRooms {
  readonly stores: ReadonlyMap<SourceName, Store>
  readonly destinations: ReadonlyMap<string, Destination>
  readonly http: HttpClient
  originOf(remote: string): string | null
  readonly now: () => number
}

/** Everything that a form shows and tries, from what the connectors declare. */
export function connectorsDoor(rooms: ConnectorRooms): ConnectorsDoor {
  const { destinations, stores } = rooms
  const outboundOf = ({ settings }: Integration, { fields }: Destination): Outbound => ({
    http: rooms.http,
    originOf: (remote) => rooms.originOf(remote),
    now: rooms.now,
    redact: redactor(secretsOf(fields, settings)),
  })
  return {
    slugOf: (store) => declarationOf(store)?.slug ?? null,
    sendsText: (slug) => declarationOf(slug)?.sendsText === true,
    storeTitle: (store) => declarationOf(store)?.title ?? store,
    destinationTitle: (id) => destinations.get(id)?.title ?? id,
    storeFields: (store) => declarationOf(store)?.fields ?? [],
    destinationFields: (id) => destinations.get(id)?.fields ?? [],
    stores: storeDeclarations.map((declaration) => shownStore(declaration, stores.get(declaration.name))),
    destinations: [...destinations.values()].map(shownDestination),
    checkIntegration: async (integration): Promise<readonly Checked[]> => {
      const destination = destinations.get(integration.destination)
      if (destination === undefined) return []
      return checkDestination(destination, integration, outboundOf(integration, destination))
    },
    sendTestEvent: async (integration, wish) => {
      const destination = destinations.get(integration.destination)
      if (destination === undefined) return null
      return sendTestEvent(destination, integration, wish, outboundOf(integration, destination))
    },
    checkApp: (app) => checkApp(app, stores.get(app.store)),
    testNotification: async (app, environment) => {
      const asked = await stores.get(app.store)?.testNotification?.(environment, app)
      return asked ?? null
    },
  }
}

/** One call that needs what every other call needs, in each environment of the app. */
async function checkApp(app: App, store: Store | undefined): Promise<readonly CheckedApp[]> {
  if (store?.check === undefined) return []
  const results: CheckedApp[] = []
  for (const environment of app.environments) {
    if (!store.canAskHistory(app) && store.canPoll?.(app) !== true) {
      results.push({ environment, ok: null, message: 'No API key is entered, so there is nothing to check.' })
      continue
    }
    const { ok, message } = verdictOf(await store.check(environment, app), store.title)
    results.push({ environment, ok, message: redactor(secretsOf(store.fields, app.settings))(message) })
  }
  return results
}

function verdictOf(fetched: Fetched<unknown>, title: string): Omit<CheckedApp, 'environment'> {
  switch (fetched.kind) {
    case 'fetched':
      return { ok: true, message: `${title} accepts the credentials.` }
    case 'credentials':
      return { ok: false, message: fetched.reason }
    case 'retry':
    case 'absent':
      return { ok: null, message: `${title} gave no answer that tells: ${fetched.reason}` }
  }
}

function shownStore(declaration: StoreDeclaration, store: Store | undefined): ShownStore {
  const { name, slug, title, steps, fields } = declaration
  const ownWords = (field: Field): Field => fields.find(({ key }) => key === field.key) ?? field
  return {
    name,
    slug,
    title,
    steps,
    fields: settingsFieldsOf(fields).filter(isThere),
    appFields: APP_FIELDS.filter(({ key }) => key !== 'store')
      .map(ownWords)
      .filter(isThere),
    canCheck: store?.check !== undefined,
    canTestNotification: store?.testNotification !== undefined,
  }
}

function shownDestination(destination: Destination): ShownDestination {
  const { id, title, fields, confirm, carries, hasChannel } = destination
  // The toggle is shown where it changes something.
  const hasToggle = hasChannel({}, 'sandbox', true)
  return {
    id,
    title,
    fields: fields.filter(isThere),
    integrationFields: INTEGRATION_FIELDS.filter(
      (field) => isThere(field) && field.key !== 'destination' && (field.key !== 'sandbox' || hasToggle),
    ),
    eventNames: EVENT_NAMES.map((key) => ({
      key,
      label: EVENT_LABELS[key],
      default: defaultEventName(key),
      stores: STORES.filter((store) => carries(key, store)),
    })),
    ...(confirm === undefined ? {} : { confirm }),
  }
}

/** A field of a later version is not shown. */
function isThere({ later }: Field): boolean {
  return later !== true
}
