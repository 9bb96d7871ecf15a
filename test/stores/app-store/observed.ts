import { expect } from 'vitest'
import type { Fact } from '../../../src/domain/facts.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import type { SimulatedNotification, SimulatedSubscription } from '../../../src/stand-ins/app-store/subscription.ts'
import { decodedOf } from '../../../src/stores/app-store/decode.ts'
import { appOf, simulated } from './setting.ts'

export const app = appOf()
export const plan = { product: 'monthly', price: 9.99, period: 'P1M' }
export const AT = Date.UTC(2026, 8, 1)

export function observed(notification: SimulatedNotification): Observation {
  const decoded = decodedOf(notification.decoded, app)
  if (decoded.kind !== 'observed')
    throw new Error(`${notification.name} was not observed: ${'why' in decoded ? decoded.why : decoded.kind}`)
  return decoded.observation
}

export function factOf<K extends Fact['kind']>(
  notification: SimulatedNotification,
  kind: K,
): Extract<Fact, { kind: K }> {
  const facts = observed(notification).facts.filter((fact): fact is Extract<Fact, { kind: K }> => fact.kind === kind)
  expect(facts, `${kind} of ${notification.name}`).toHaveLength(1)
  return facts[0] as Extract<Fact, { kind: K }>
}

/** "own ended", "shown ended", "period": kinds with whose voice they are. */
export function told(notification: SimulatedNotification): readonly string[] {
  return observed(notification).facts.map((fact) => `${fact.own ? 'own ' : fact.inferred ? 'shown ' : ''}${fact.kind}`)
}

export function subscribed(): SimulatedSubscription {
  return simulated().subscribe({ ...plan, at: AT })
}
