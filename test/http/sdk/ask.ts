import type { App } from '../../../src/domain/project.ts'
import { ACME_KEY, type MemoryHub, memoryHub, NOW, PUBLIC_KEY } from '../in-memory-doors.ts'
import { type Started, started } from '../started.ts'

/** The four apps of a project that sells everywhere. */
export const STORES = ['app_store', 'play_store', 'amazon', 'stripe'] as const
export const PUBLIC_KEYS = {
  app_store: PUBLIC_KEY,
  play_store: 'goog_acme',
  amazon: 'amzn_acme',
  stripe: 'strp_acme',
} as const

const IDS = { app_store: 'ios', play_store: 'android', amazon: 'fire', stripe: 'web' } as const

function sellsEverywhere(hub: MemoryHub = memoryHub()): MemoryHub {
  const [ios] = hub.apps
  if (ios === undefined) throw new Error('the hub has no app')
  const settings = { play_store: { package_name: 'com.acme.app' }, amazon: {}, stripe: {} }
  for (const store of ['play_store', 'amazon', 'stripe'] as const) {
    const app: App = { ...ios, id: IDS[store], store, publicKey: PUBLIC_KEYS[store], settings: settings[store] }
    hub.apps.push(app)
  }
  return hub
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'PUT'
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** One request to the SDK wire; with a body it is a POST of JSON. */
export function ask(servers: Started, url: string, { method, key = PUBLIC_KEY, headers = {}, body }: Asked = {}) {
  return servers.public.inject({
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    url,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

export async function everywhere(options: Parameters<typeof started>[0] = {}): Promise<Started> {
  return started({ ...options, hub: sellsEverywhere(options.hub) })
}

/** Rows of docs/sdk.md: what an app may do, with a request that works. */
export const ROWS: readonly {
  readonly route: string
  readonly url: string
  readonly body?: unknown
  readonly wanted: readonly number[]
}[] = [
  { route: 'GET /v1/subscribers/:id', url: '/v1/subscribers/user-1', wanted: [200, 201] },
  {
    route: 'POST /v1/subscribers/identify',
    url: '/v1/subscribers/identify',
    body: { app_user_id: 'user-1', new_app_user_id: 'user-2' },
    wanted: [200, 201],
  },
  {
    route: 'POST /v1/subscribers/:id/alias',
    url: '/v1/subscribers/user-1/alias',
    body: { new_app_user_id: 'user-2' },
    wanted: [200],
  },
  {
    route: 'POST /v1/subscribers/:id/attributes',
    url: '/v1/subscribers/user-1/attributes',
    body: { attributes: { plan: { value: 'gold', updated_at_ms: NOW } } },
    wanted: [200],
  },
  {
    route: 'POST /v1/subscribers/:id/attribution',
    url: '/v1/subscribers/user-1/attribution',
    body: { network: 5, data: { campaign: 'x' } },
    wanted: [200],
  },
  {
    route: 'POST /v1/subscribers/:id/adservices_attribution',
    url: '/v1/subscribers/user-1/adservices_attribution',
    body: { aad_attribution_token: 'token' },
    wanted: [200],
  },
  {
    route: 'POST /v1/receipts',
    url: '/v1/receipts',
    body: { app_user_id: 'user-1', fetch_token: 'a.b.c' },
    wanted: [200],
  },
  {
    route: 'GET /v1/receipts/amazon/:user/:receipt',
    url: '/v1/receipts/amazon/amzn-user/receipt-1',
    wanted: [200, 400],
  },
  { route: 'GET /v1/subscribers/:id/offerings', url: '/v1/subscribers/user-1/offerings', wanted: [200] },
  { route: 'GET /v1/offerings', url: '/v1/offerings', wanted: [200] },
  { route: 'GET /v1/product_entitlement_mapping', url: '/v1/product_entitlement_mapping', wanted: [200] },
  {
    route: 'POST /v1/subscribers/:id/intro_eligibility',
    url: '/v1/subscribers/user-1/intro_eligibility',
    body: { product_identifiers: ['com.acme.monthly'], fetch_token: 'x' },
    wanted: [200],
  },
  {
    route: 'POST /v1/subscribers/:id/restore/eligibility',
    url: '/v1/subscribers/user-1/restore/eligibility',
    body: { fetch_token: 'a.b.c' },
    wanted: [200],
  },
  { route: 'GET /rcbilling/v1/branding', url: '/rcbilling/v1/branding', wanted: [200] },
  {
    route: 'GET /rcbilling/v1/subscribers/:id/products',
    url: '/rcbilling/v1/subscribers/user-1/products?id=a&id=b',
    wanted: [200],
  },
  { route: 'POST /v1/events', url: '/v1/events', body: { events: [{ type: 'x' }] }, wanted: [200] },
  { route: 'POST /v1/diagnostics', url: '/v1/diagnostics', body: { entries: [] }, wanted: [200] },
  {
    route: 'GET /v1/subscribers/:id/virtual_currencies',
    url: '/v1/subscribers/user-1/virtual_currencies',
    wanted: [200],
  },
  {
    route: 'POST /v1/offers',
    url: '/v1/offers',
    body: { app_user_id: 'user-1', generate_offers: [{ offer_id: 'o', product_id: 'p', subscription_group: 'g' }] },
    wanted: [200],
  },
]

export { ACME_KEY, NOW, PUBLIC_KEY }
