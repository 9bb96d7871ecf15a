import type { App } from '../../../src/domain/project.ts'
import type { HttpClient, HttpRequest, HttpResult } from '../../../src/net/http.ts'
import { verifyReceipt } from '../../../src/stand-ins/amazon/rvs.ts'
import type { World } from '../../../src/stand-ins/amazon/simulator.ts'
import { createSimulatedAmazon, type SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import { createTopic, type Topic } from '../../../src/stand-ins/amazon/topic.ts'
import { createAmazon } from '../../../src/stores/amazon/index.ts'
import type { Accepted, InboundMessage, Store } from '../../../src/stores/store.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000
export const START = Date.UTC(2026, 9, 1, 9)
export const PACKAGE = 'com.acme.app'
export const SECRET = '2:smXBjZkWCxDMSBvQ8HBGsUS1=secret'

/** The topic that stands in for Amazon's in these tests; its certificate is minted once. */
export const topic: Topic = createTopic()
export const SETTINGS = {
  package_name: PACKAGE,
  shared_secret: SECRET,
  topic_arn: topic.arn,
  require_signature_v2: false,
}

export function appOf(overrides: Partial<App> = {}): App {
  return {
    projectId: 'acme',
    id: 'fire',
    store: 'amazon',
    publicKey: null,
    environments: ['production', 'sandbox'],
    receive: 'push',
    eventsFrom: START - DAY,
    createdAt: START - DAY,
    commissionRatePpm: 300_000,
    taxRatePpm: 0,
    settings: SETTINGS,
    ...overrides,
  }
}

export function simulated(overrides: Partial<Parameters<typeof createSimulatedAmazon>[0]> = {}): SimulatedAmazon {
  return createSimulatedAmazon({ packageName: PACKAGE, sharedSecret: SECRET, topic, now: () => NOW, ...overrides })
}

/** What Amazon's hosts answer in these tests, without a socket. */
export interface Hosts {
  readonly http: HttpClient
  /** What was asked, in order. */
  readonly asked: HttpRequest[]
  /** What the receipts are, and when it is. */
  show(world: World, at: number): void
  /** In place of the next answers, whatever is asked. */
  answers: HttpResult[]
}

export function hosts(topics: readonly Topic[] = [topic]): Hosts {
  let shown: { readonly world: World; readonly at: number } = { world: new Map(), at: NOW }
  const asked: HttpRequest[] = []
  const made: Hosts = {
    asked,
    answers: [],
    show: (world, at) => {
      shown = { world, at }
    },
    http: {
      send: (request) => {
        asked.push(request)
        return Promise.resolve(made.answers.shift() ?? answerOf(request, topics, shown))
      },
      close: () => Promise.resolve(),
    },
  }
  return made
}

function answerOf(
  { method, url: text }: HttpRequest,
  topics: readonly Topic[],
  { world, at }: { readonly world: World; readonly at: number },
): HttpResult {
  const url = new URL(text)
  const certificate = topics.find((one) => one.certificate.path === url.pathname)?.certificate
  if (certificate !== undefined) return answered(200, certificate.pem)
  const request = { method, path: url.pathname, query: url.searchParams, headers: {}, body: Buffer.alloc(0) }
  const states = [{ environment: 'production', sharedSecret: SECRET, world } as const]
  const reply = verifyReceipt(request, states, at) ?? { status: 404, body: '' }
  return answered(reply.status, reply.body)
}

export function answered(status: number, body = '', headers: Readonly<Record<string, string>> = {}): HttpResult {
  return { kind: 'answer', status, headers, body, truncated: false, durationMs: 1 }
}

export function amazonStore(http: HttpClient = hosts().http, now: () => number = () => NOW): Store {
  return createAmazon({ http, now, rvsUrl: null, snsOrigin: null })
}

export function inbound(body: Buffer | object): InboundMessage {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  return { headers: { 'content-type': 'text/plain; charset=UTF-8' }, body: bytes }
}

export function post(store: Store, body: Buffer | object, app: App = appOf()): Promise<Accepted> {
  return store.accept(inbound(body), app)
}
