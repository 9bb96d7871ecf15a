import type { EndedAs } from '../../domain/facts.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import type { Fetched } from '../store.ts'
import type { ReadDeps, Walked } from './reading.ts'
import { subscriptionOf } from './subscription.ts'

/**
 * A customer who subscribes again in the Play Store after the end gets a token that is linked to nothing. Until it is
 * acknowledged Google shows the one that had expired: no chain goes on by that, since a later reading would not find it,
 * but the charge that begins this one is marked with how that one ended. Asked once; the mark stays.
 * developer.android.com/google/play/billing/lifecycle/subscriptions#resubscribe
 */
export async function returnOf({ tokens, known, chain }: Walked, deps: ReadDeps): Promise<Fetched<EndedAs | null>> {
  const first = tokens[0]?.subscription
  const isMarked = known?.facts.some((fact) => fact.kind === 'period' && fact.returnsAfter !== undefined) ?? false
  if (first === undefined || first.linkedToken !== null || first.expiredToken === null || isMarked)
    return { kind: 'fetched', value: null }
  const before = await deps.linked(first.expiredToken)
  if (before !== null && before.key.chain !== chain) return { kind: 'fetched', value: endOf(before) }
  const answer = await deps.client.subscription(deps.app, first.expiredToken)
  if (answer.kind === 'absent') return { kind: 'fetched', value: 'unknown' }
  if (answer.kind !== 'fetched') return answer
  // The phase of what has expired is that of its last period (UNVERIFIED: that Google goes on showing it).
  const phases = subscriptionOf(answer.value).items.flatMap(({ phase }) => phase ?? [])
  if (phases.length === 0) return { kind: 'fetched', value: 'unknown' }
  return { kind: 'fetched', value: phases.every((phase) => phase === 'trial') ? 'trial' : 'paid' }
}

function endOf(before: Purchase): EndedAs {
  const last = before.facts.filter((fact) => fact.kind === 'period').at(-1)
  return last === undefined ? 'unknown' : last.periodType === 'TRIAL' ? 'trial' : 'paid'
}
