import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'
import type { Fetched, HistoryRequest, PollRequest } from '../store.ts'
import { fetchChain, observationsOfChain } from './chain.ts'
import type { StripeClient } from './client.ts'

/** Every charge of a line, and its state: the subscription and all of its invoices. */
export function lineHistory(
  request: HistoryRequest,
  app: App,
  client: StripeClient,
  at: number,
): Promise<Fetched<Observation>> {
  return lineNow(request.key, 0, app, client, at)
}

/** The state of a line as Stripe knows it now. An invoice that is a draft or open is no end: nothing of it is told. */
export function pollLine(request: PollRequest, app: App, client: StripeClient): Promise<Fetched<Observation>> {
  const { key, snapshot } = request.purchase
  return lineNow(key, snapshot?.version ?? 0, app, client, request.at)
}

async function lineNow(
  key: PurchaseKey,
  knownVersion: number,
  app: App,
  client: StripeClient,
  at: number,
): Promise<Fetched<Observation>> {
  const { chain: subscription, environment, line } = key
  if (!subscription.startsWith('sub_'))
    return { kind: 'absent', reason: 'What was bought once has no state at Stripe.' }
  const chain = await fetchChain({ app, environment, subscription, at }, client)
  if (chain.kind !== 'fetched') return chain
  const lines = observationsOfChain(chain.value, app, environment, () => knownVersion)
  const found = lines.find(({ observation }) => observation.key.line === line)
  return found === undefined
    ? { kind: 'absent', reason: `Stripe shows no item ${line} of the subscription ${subscription}.` }
    : { kind: 'fetched', value: found.observation }
}
