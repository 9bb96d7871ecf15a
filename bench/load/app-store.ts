/** Plays Apple. It begins with {root}: the PEM of the chain that signs. */
import { createHash } from 'node:crypto'
import { createSigner } from '../../src/stand-ins/app-store/sign.ts'
import { createSimulatedAppStore } from '../../src/stand-ins/app-store/subscription.ts'
import { APP_APPLE_ID, BUNDLE_ID } from '../shop.ts'
import { type Make, type Message, serveSender } from './sender.ts'

const DAY_MS = 86_400_000
const signer = createSigner()

/**
 * Notifications of real size, each of which makes one event: the lives of many customers, turn by turn, so that two
 * messages of one customer are never close together.
 */
function make({ seed, customers, turns }: Make['make']) {
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
  const rounds: Message[][] = []
  for (let turn = 0; turn < turns; turn += 1) {
    rounds.push(
      people.map(({ customer, subscription: s }, at) => {
        const after = { at: begun + at + 31 * DAY_MS + turn * 3_600_000 }
        const notification =
          turn === 0 ? s.opening : turn === 1 ? s.renew() : turn % 2 === 0 ? s.cancel(after) : s.uncancel(after)
        return { body: notification.body, customer, headers: {} }
      }),
    )
  }
  const messages = rounds.flat()
  return { messages, events: messages.length }
}

function uuid(seed: string, at: number): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4000-8000-${at.toString(16).padStart(12, '0')}`
}

serveSender({ root: signer.chain.rootPem }, make)
