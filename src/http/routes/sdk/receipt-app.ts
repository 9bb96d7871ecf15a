import type { FastifyRequest } from 'fastify'
import type { App } from '../../../domain/project.ts'
import type { SourceName } from '../../../domain/purchase.ts'
import { accessOf } from '../../access.ts'
import type { HubSettings } from '../../doors.ts'
import { isObject } from './subscriber-id.ts'

/** What tells which app a request is of, where its key is one of the whole project. */
export interface Shape {
  readonly token: string | null
  readonly storeUserId: string | null
}

export type FoundApp =
  | { readonly kind: 'app'; readonly app: App }
  /** One sentence. */
  | { readonly kind: 'unclear'; readonly reason: string }

/** Values of the header X-Platform, in lower case: SystemInfo of purchases-ios, getXPlatformHeader of purchases-android. */
const PLATFORMS: Readonly<Record<string, SourceName>> = {
  ios: 'app_store',
  macos: 'app_store',
  tvos: 'app_store',
  watchos: 'app_store',
  visionos: 'app_store',
  uikitformac: 'app_store',
  android: 'play_store',
  amazon: 'amazon',
  stripe: 'stripe',
}

/** The app of a request: the key's own, or for a secret key the one that the platform or the receipt itself points to. */
export function appOfRequest(request: FastifyRequest, shape: Shape, settings: HubSettings): FoundApp {
  const access = accessOf(request)
  if (access.app !== null) return { kind: 'app', app: access.app }
  const platform = request.headers['x-platform']
  const named = typeof platform === 'string' ? PLATFORMS[platform.toLowerCase()] : undefined
  const all = settings.appsOf(access.projectId).filter(({ store }) => store !== 'revenuecat')
  const store = named ?? storeOf(shape) ?? null
  const fitting = store === null ? all : all.filter((app) => app.store === store)
  const bundled = fitting.filter((app) => isOfBundle(app, request, shape))
  const [app, another] = bundled.length > 0 ? bundled : fitting
  if (app === undefined) return { kind: 'unclear', reason: noApp(store) }
  return another === undefined ? { kind: 'app', app } : { kind: 'unclear', reason: severalApps(fitting) }
}

function noApp(store: SourceName | null): string {
  return store === null
    ? 'The project has no app of a store; add one to its apps.'
    : `The project has no app of ${store}; add one, or send the header X-Platform of the store that sold it (iOS, android, amazon, stripe).`
}

function severalApps(apps: readonly App[]): string {
  const names = apps.slice(0, 10).map(({ id }) => id)
  return `Several apps of the project could have sold this (${names.join(', ')}); use the public key of one, or send X-Platform and X-Client-Bundle-ID.`
}

/** Only what no other store has: a Play token has no form of its own. */
function storeOf({ token, storeUserId }: Shape): SourceName | null {
  if (storeUserId !== null) return 'amazon'
  if (token === null) return null
  if (/^(sub|cs)_/.test(token)) return 'stripe'
  if (
    bundleIdIn(token) !== null ||
    /^MI[A-Za-z0-9+/=\s]{200,}$/.test(token) ||
    /^ey[A-Za-z0-9+/_-]+={0,2}$/.test(token)
  )
    return 'app_store'
  return null
}

function isOfBundle({ settings }: App, request: FastifyRequest, { token }: Shape): boolean {
  const given = (token === null ? null : bundleIdIn(token)) ?? request.headers['x-client-bundle-id']
  return typeof given === 'string' && (settings.bundle_id === given || settings.package_name === given)
}

/** The bundle id that a signed transaction names. Nothing of it is trusted: it chooses who verifies. */
function bundleIdIn(token: string): string | null {
  const [, payload, , more] = token.split('.', 4)
  if (payload === undefined || more !== undefined || token.split('.').length !== 3) return null
  try {
    const read: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return isObject(read) && typeof read.bundleId === 'string' ? read.bundleId : null
  } catch {
    return null
  }
}
