import { expect } from 'vitest'
import type { Fact } from '../../../src/domain/facts.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import type { App } from '../../../src/domain/project.ts'
import type { ReceiptRead, ReceiptRequest, Shown, Store } from '../../../src/stores/store.ts'
import { appOf, NOW } from './setting.ts'

/** What an SDK posts with a purchase, as the store sees it. */
function requestOf(shown: Shown, overrides: Partial<ReceiptRequest> = {}): ReceiptRequest {
  return {
    shown,
    productIds: ['monthly'],
    storeUserId: null,
    sandbox: null,
    price: null,
    countryCode: null,
    at: NOW,
    linked: () => Promise.resolve(null),
    ...overrides,
  }
}

interface Shop {
  readonly store: Store
  readonly app?: App
}

export function show(
  { store, app = appOf() }: Shop,
  shown: Shown | string,
  overrides: Partial<ReceiptRequest> = {},
): Promise<ReceiptRead> {
  if (store.receipt === undefined) throw new Error('The App Store reads no receipts.')
  return store.receipt(requestOf(typeof shown === 'string' ? { kind: 'token', token: shown } : shown, overrides), app)
}

/** The observations of a receipt that was read: about no message, and nothing of it own. */
export async function observationsOf(read: Promise<ReceiptRead>): Promise<readonly Observation[]> {
  const answer = await read
  if (answer.kind !== 'fetched') throw new Error(`${answer.kind}: ${answer.reason}`)
  expect(answer.value.links).toEqual([])
  for (const { observation, message } of answer.value.observations) {
    expect(message).toBeNull()
    expect(observation.facts.length).toBeGreaterThan(0)
    for (const fact of observation.facts) expect(fact.own).toBe(false)
  }
  return answer.value.observations.map(({ observation }) => observation)
}

export async function observationOf(read: Promise<ReceiptRead>): Promise<Observation> {
  const observations = await observationsOf(read)
  expect(observations).toHaveLength(1)
  return observations[0] as Observation
}

export function kindsOf({ facts }: Observation): readonly Fact['kind'][] {
  return facts.map((fact) => fact.kind)
}

/** Refused for good, in one sentence that ends with what to do. */
export async function isInvalid(
  read: Promise<ReceiptRead>,
  fault: 'not_authentic' | 'product_missing' | 'wrong_environment',
  reason: RegExp,
): Promise<void> {
  const answer = await read
  expect(answer).toMatchObject({ kind: 'invalid', fault, reason: expect.stringMatching(reason) })
  if (answer.kind === 'invalid') expect(answer.reason).toMatch(/^[A-Z][^\n]{20,300}\.$/)
}
