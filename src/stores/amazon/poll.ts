import type { Observation } from '../../domain/observation.ts'
import type { App } from '../../domain/project.ts'
import type { Fetched, PollRequest } from '../store.ts'
import type { ReceiptService } from './client.ts'
import { readReceipt } from './reading.ts'
import { askedOf, reportedOf, waitFor } from './resolve.ts'

/** The state of a purchase as Amazon has it now: what a lost message would have said, as far as the receipt shows it. */
export async function pollReceipt(
  { purchase, at }: PollRequest,
  app: App,
  service: ReceiptService,
): Promise<Fetched<Observation>> {
  const appUserId = purchase.snapshot?.askWith
  const receiptId = purchase.key.chain
  if (appUserId === undefined)
    return { kind: 'absent', reason: 'The receipt’s user is not known, so Amazon cannot be asked about it.' }
  const read = await readReceipt({ receiptId, appUserId }, app, service)
  if (read.kind !== 'fetched') return read
  const asked = askedOf(read.value, { app, appUserId, at, known: purchase, rings: [] })
  if (typeof asked === 'string') return { kind: 'absent', reason: asked }
  const wait = waitFor(asked)
  if (wait !== null) return wait
  const [state] = reportedOf({ ...asked, key: purchase.key })
  if (state === undefined) return { kind: 'absent', reason: 'Amazon’s receipt tells nothing.' }
  return { kind: 'fetched', value: state.observation }
}
