/**
 * A process that plays Apple: signs notifications beforehand and posts them when asked.
 * Messages in: {make} → {made}; {fire} → {fired}. It begins with {root}: the PEM of the chain that signs.
 */
import { createHash } from 'node:crypto'
import { createSigner } from '../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { type Fired, fireClosed, fireOpen, requestBytes } from './http-load.ts'

export const BUNDLE_ID = 'com.acme.app'
export const APP_APPLE_ID = 123_456_789

/** Signs `customers` × `turns` notifications of real size, each of which makes one event. `seed` sets their ids apart. */
export interface Make {
  readonly make: { readonly seed: string; readonly customers: number; readonly turns: number }
}

/** Posts what was made: `connections` at a time, or so many a second. `from` and `count`: which of them. */
export interface Fire {
  readonly fire: {
    readonly url: string
    readonly from: number
    readonly count: number
    readonly connections: number
    readonly perSecond: number | null
  }
}

export interface AppStoreFired {
  /** Epoch milliseconds of the first request. */
  readonly startedAt: number
  readonly fired: Fired
  /** In an open loop: when each was due (epoch milliseconds), by its app account token. */
  readonly dueAt: ReadonlyMap<string, number>
}

interface Made {
  readonly body: Buffer
  readonly customer: string
}

const DAY_MS = 86_400_000
const signer = createSigner()
let made: Made[] = []

/** The lives of many customers, turn by turn, so that two messages of one customer are never close together. */
function make({ seed, customers, turns }: Make['make']): Made[] {
  const common = { bundleId: BUNDLE_ID, appAppleId: APP_APPLE_ID, environment: 'production' as const, signer, seed }
  const store = createSimulatedAppStore(common)
  const begun = Date.now() - 40 * DAY_MS
  const people = Array.from({ length: customers }, (_, at) => {
    const customer = uuid(seed, at)
    const subscription = store.subscribe({
      product: 'com.acme.monthly',
      price: 9.99,
      period: 'P1M',
      at: begun + at,
      appAccountToken: customer,
    })
    return { customer, subscription }
  })
  const rounds: Made[][] = []
  for (let turn = 0; turn < turns; turn += 1) {
    rounds.push(
      people.map(({ customer, subscription: s }, at) => {
        const after = { at: begun + at + 31 * DAY_MS + turn * 3_600_000 }
        const notification =
          turn === 0 ? s.opening : turn === 1 ? s.renew() : turn % 2 === 0 ? s.cancel(after) : s.uncancel(after)
        return { body: notification.body, customer }
      }),
    )
  }
  return rounds.flat()
}

function uuid(seed: string, at: number): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4000-8000-${at.toString(16).padStart(12, '0')}`
}

async function fire({ url, from, count, connections, perSecond }: Fire['fire']): Promise<AppStoreFired> {
  const chosen = made.slice(from, from + count)
  const requests = chosen.map(({ body }) => requestBytes(url, body))
  const dueAt = new Map<string, number>()
  const startedAt = Date.now()
  const fired =
    perSecond === null
      ? await fireClosed(url, requests, connections)
      : await fireOpen(url, requests, perSecond, (at, when) => dueAt.set(chosen[at]?.customer ?? '', when))
  return { startedAt, fired, dueAt }
}

process.on('message', async (message: Make | Fire) => {
  if ('make' in message) {
    made = make(message.make)
    const bytes = Math.round(made.reduce((sum, { body }) => sum + body.length, 0) / made.length)
    process.send?.({ made: made.length, bytes })
  } else {
    process.send?.(await fire(message.fire))
  }
})
process.on('disconnect', () => process.exit(0))
process.send?.({ root: signer.chain.rootPem })
