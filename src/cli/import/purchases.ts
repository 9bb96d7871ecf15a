import { setTimeout as wait } from 'node:timers/promises'
import { refuseAppUserId } from '../../customers/app-user-id.ts'
import type { Claim, ClaimOutcome, ImportsDoor } from '../../http/imports-door.ts'
import type { Shown } from '../../stores/store.ts'
import { CommandFailed } from '../failure.ts'
import { openProgress } from '../progress.ts'
import { sourceOf } from './files.ts'
import { type ImportedRecord, readRecords, textIn } from './records.ts'
import { conclude, openRemarks, type Remarks } from './report.ts'
import { beginImport, count, type Running } from './run.ts'

export interface PlainFlags {
  readonly project: string
  readonly again: boolean
  readonly report?: string
}

/** Questions that are on their way at once; the budget of the store's account holds them back where it must. */
const AT_ONCE = 8
/** A store that is down for longer ends the command; it goes on where it was when it is called again. */
const LONGEST_WAIT_MS = 60_000
const MOST_TRIES = 30

export async function importPurchases(path: string, flags: PlainFlags, door: ImportsDoor): Promise<void> {
  const source = await sourceOf([path], 'purchases', () => undefined)
  const start = { projectId: flags.project, id: source.id, kind: 'purchases', source: source.names } as const
  const running = await beginImport(door, start, flags.again)
  if (running === null) return
  const remarks = openRemarks()
  const progress = openProgress('Asking the stores')
  let at = 0
  await readRecords(path, {
    required: ['app_user_id'],
    remarks,
    bytes: (read) => progress.words(`${Math.floor((read / Math.max(source.bytes, 1)) * 100)} % read, ${at} asked`),
    async records(batch) {
      const first = at
      at += batch.length
      const fresh = batch.slice(Math.max(running.done - first, 0))
      for (let from = 0; from < fresh.length; from += AT_ONCE) {
        const some = fresh.slice(from, from + AT_ONCE)
        await claimAll(some, { door, running, remarks, projectId: flags.project })
        await running.reached(first + batch.length - fresh.length + from + some.length, null)
        progress.words(`${at - fresh.length + from + some.length} asked`)
      }
    },
  })
  progress.end()
  await running.finish(at)
  const { taken = 0, purchases = 0 } = running.counts
  conclude(
    `${at} records read, ${taken} taken over: ${purchases} purchases as their stores know them; ${remarks.skipped} not taken.`,
    remarks,
    flags.report ?? `${source.id}.report.txt`,
    [path],
  )
}

interface Claiming {
  readonly door: ImportsDoor
  readonly running: Running
  readonly remarks: Remarks
  readonly projectId: string
}

async function claimAll(
  records: readonly ImportedRecord[],
  { door, running, remarks, projectId }: Claiming,
): Promise<void> {
  let waiting: { readonly claim: Claim; readonly line: number }[] = []
  for (const { values, line } of records) {
    const claim = claimOf(values)
    if (typeof claim === 'string') remarks.skip(claim, [0, line])
    else waiting.push({ claim, line })
  }
  for (let tries = 1; waiting.length > 0; tries += 1) {
    const outcomes = await door.claim(
      projectId,
      waiting.map(({ claim }) => claim),
    )
    const later: typeof waiting = []
    let pause = 0
    for (const [index, one] of waiting.entries()) {
      const outcome = outcomes[index]
      if (outcome?.kind === 'later') {
        later.push(one)
        pause = Math.max(pause, outcome.afterMs)
        if (tries === MOST_TRIES) throw endOf(outcome)
      } else if (outcome !== undefined) settle(outcome, one.line, running, remarks)
    }
    waiting = later
    if (waiting.length > 0) await wait(Math.min(Math.max(pause, 1_000), LONGEST_WAIT_MS))
  }
}

function settle(outcome: ClaimOutcome, line: number, { counts }: Running, remarks: Remarks): void {
  if (outcome.kind === 'taken') count(counts, { taken: 1, purchases: outcome.purchases })
  else if (outcome.kind === 'refused') remarks.skip(outcome.reason, [0, line])
  else throw endOf(outcome)
}

function endOf({ reason }: { readonly reason: string }): CommandFailed {
  return new CommandFailed(`${reason} What was asked so far is kept: run the command again when that is mended.`)
}

/** The claim of a record, or why it is none. The columns are those of `export purchases`. */
export function claimOf(values: ImportedRecord['values']): Claim | string {
  const appUserId = textIn(values, 'app_user_id', 'user_id')
  if (appUserId === null) return 'It names no customer (app_user_id).'
  const refusal = refuseAppUserId(appUserId)
  if (refusal !== null) return refusal.message
  const app = textIn(values, 'app', 'app_id', 'store')
  if (app === null) return 'It names neither app nor store.'
  const shown = shownIn(values)
  if (shown === null) return 'It shows neither token, nor transaction_id, nor subscription_id.'
  const environment = textIn(values, 'environment')
  const productId = textIn(values, 'product_id')
  return {
    app,
    appUserId,
    shown,
    productIds: productId === null ? [] : [productId],
    storeUserId: textIn(values, 'store_user_id'),
    sandbox: environment === null ? null : environment === 'sandbox',
  }
}

function shownIn(values: ImportedRecord['values']): Shown | null {
  const token = textIn(values, 'token', 'fetch_token', 'purchase_token')
  if (token !== null) return { kind: 'token', token }
  const subscription = textIn(values, 'subscription_id')
  if (subscription !== null) return { kind: 'subscription', id: subscription }
  const transaction = textIn(values, 'transaction_id')
  return transaction === null ? null : { kind: 'transaction', id: transaction }
}
