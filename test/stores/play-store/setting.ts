import type { App } from '../../../src/domain/project.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import { answerOf } from '../../../src/stand-ins/play-store/api.ts'
import { mintGoogleSigner, mintServiceAccount, pushToken } from '../../../src/stand-ins/play-store/google-keys.ts'
import { createSimulatedPlay, type SimulatedPlay } from '../../../src/stand-ins/play-store/simulator.ts'
import { pushBody, type SimulatedNotification, type View } from '../../../src/stand-ins/play-store/world.ts'
import { createPlayStore } from '../../../src/stores/play-store/index.ts'
import type { InboundMessage, Store } from '../../../src/stores/store.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const START = Date.UTC(2026, 9, 1, 9)
export const DAY = 86_400_000
export const HOUR = 3_600_000
const PACKAGE = 'com.acme.app'

export const account = mintServiceAccount()
export const signer = mintGoogleSigner()
export const PUSH = {
  audience: 'https://hub.example/notifications/play-store/acme/android',
  email: 'push@acme.iam.gserviceaccount.com',
  subscription: 'projects/acme/subscriptions/rtdn',
}
export const PULL = 'projects/acme/subscriptions/rtdn-pull'
export const SETTINGS = {
  package_name: PACKAGE,
  service_account: account.json,
  push: { audience: PUSH.audience, service_account_email: PUSH.email, subscription: PUSH.subscription },
}

export function appOf(overrides: Partial<App> = {}): App {
  return {
    projectId: 'acme',
    id: 'android',
    store: 'play_store',
    publicKey: null,
    environments: ['production', 'sandbox'],
    receive: 'push',
    eventsFrom: START - DAY,
    createdAt: START - DAY,
    commissionRatePpm: 150_000,
    taxRatePpm: 0,
    settings: SETTINGS,
    ...overrides,
  }
}

export function simulated(now: () => number = () => NOW): SimulatedPlay {
  return createSimulatedPlay({ packageName: PACKAGE, now })
}

/** Google without a socket: keys, bearers, and the API over one view of the books. Counts what it was asked. */
export function googleOf(
  view: () => View,
  now: () => number = () => NOW,
): HttpClient & { readonly asked: readonly string[] } {
  const asked: string[] = []
  return {
    asked,
    close: () => Promise.resolve(),
    send: (request) => {
      const url = new URL(request.url)
      asked.push(url.pathname)
      const answer = (value: unknown) => ({ status: 200, body: JSON.stringify(value) })
      const reply =
        url.pathname === '/token'
          ? answer({ access_token: 'ya29.x', expires_in: 3_599 })
          : url.pathname === '/oauth2/v3/certs'
            ? answer({ keys: [signer.jwk] })
            : answerOf(
                {
                  method: request.method,
                  path: url.pathname,
                  query: url.searchParams,
                  headers: {},
                  body: Buffer.alloc(0),
                },
                PACKAGE,
                view(),
                now(),
              )
      return Promise.resolve({
        kind: 'answer',
        status: reply.status,
        headers: {},
        body: reply.body,
        truncated: false,
        durationMs: 0,
      })
    },
  }
}

/** @param http what the store reaches Google by; the budget is refilled by a clock that runs with the requests. */
export function playStore(http: HttpClient, now: () => number = () => NOW): Store {
  return createPlayStore({ http, now, apiUrl: null, pubsubUrl: null, tokenUrl: null, jwksUrl: null })
}

/** A clock that gains a second whenever it is read: what is asked without a pause never meets a budget. */
export interface RunningClock {
  at: number
  now(): number
}

export function running(from: number): RunningClock {
  const clock = {
    at: from,
    now: () => {
      clock.at += 1_000
      return clock.at
    },
  }
  return clock
}

/** A push as Google sends it: really signed, for our audience, by the account of our subscription. */
export function pushed(notification: SimulatedNotification, at: number = NOW): InboundMessage {
  return pushedBody(pushBody(notification, PUSH.subscription), at)
}

export function pushedBody(body: Buffer, at: number = NOW): InboundMessage {
  return { headers: { authorization: `Bearer ${pushToken(signer, { ...PUSH, at })}` }, body }
}
