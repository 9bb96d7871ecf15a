import type { Fact } from '../../domain/facts.ts'
import type { Observation, Snapshot } from '../../domain/observation.ts'
import { oneTimeFact } from './charge.ts'
import { refundFact } from './state.ts'
import type { Asked, Reported, Ring } from './subscription.ts'

const CANCELLED: ReadonlySet<string> = new Set(['CONSUMABLE_CANCELLED', 'ENTITLEMENT_CANCELLED'])
const PURCHASED: ReadonlySet<string> = new Set(['CONSUMABLE_PURCHASED', 'ENTITLEMENT_PURCHASED'])

/** A consumable or an entitlement: bought once, and perhaps given back. */
export function oneTimeReported(asked: Asked): readonly Reported[] {
  const { receipt, at, known, rings } = asked
  const isOver = receipt.cancelDate !== null && receipt.cancelDate <= at
  const told = known?.facts.some((fact) => fact.kind === 'refund') === true
  const reported = rings.filter(({ type }) => CANCELLED.has(type) || PURCHASED.has(type))
  const messages = reported.map((ring) => ({
    message: ring.index,
    observation: observationOf(asked, factsOf(asked, ring)),
  }))
  if (reported.length > 0 && (!isOver || told || reported.some(({ type }) => CANCELLED.has(type)))) return messages
  const facts: readonly Fact[] = isOver && !told ? [refund(asked, receipt.cancelDate ?? at, false)] : []
  const state = observationOf(asked, [charge(asked, false), ...facts])
  return [...messages, { message: rings.at(-1)?.index ?? null, observation: state }]
}

function factsOf(asked: Asked, ring: Ring): readonly Fact[] {
  if (PURCHASED.has(ring.type)) return [charge(asked, true)]
  return [charge(asked, false), refund(asked, asked.receipt.cancelDate ?? ring.at, true)]
}

/** What was told of it before stays. */
function charge({ receipt, at, known }: Asked, own: boolean): Fact {
  const before = known?.facts.find((fact) => fact.kind === 'one_time')
  return before === undefined ? oneTimeFact(receipt, { version: at, own }) : { ...before, own: before.own || own }
}

function refund({ receipt }: Asked, at: number, own: boolean): Fact {
  return refundFact({ own, inferred: false, at, period: receipt.receiptId })
}

function observationOf(asked: Asked, facts: readonly Fact[]): Observation {
  const { app, key } = asked
  return { key, appId: app.id, kind: 'one_time', snapshot: snapshotOf(asked), facts, owner: null, history: 'partial' }
}

/** It renews nothing, but it may be given back, and can be asked about. */
function snapshotOf({ receipt, at, known, appUserId }: Asked): Snapshot {
  const isOver = receipt.cancelDate !== null && receipt.cancelDate <= at
  const version = Math.max(at, (known?.snapshot?.version ?? 0) + 1)
  const none = { autoRenew: null, pendingProductId: null, graceEndsAt: null, resumesAt: null }
  return { version, status: isOver ? 'revoked' : 'active', ...none, askWith: appUserId }
}
