import type { App } from '../../domain/project.ts'
import type { Environment, PurchaseKey } from '../../domain/purchase.ts'
import type { Json } from '../json.ts'
import type { Fetched } from '../store.ts'
import type { Read, ReceiptService } from './client.ts'
import { type Receipt, receiptOf } from './receipt.ts'

/** What Amazon says of one receipt, and where it belongs. */
export type Reading =
  | {
      readonly kind: 'receipt'
      readonly receipt: Receipt
      readonly environment: Environment
      /** As it came. */
      readonly json: Json
    }
  | { readonly kind: 'gone' }

/**
 * Reads a receipt where it is known: production has Live App Testing as well, the sandbox what App Tester made. Whether it
 * is a test is told by the receipt, wherever it was found.
 */
export async function readReceipt(
  wanted: { readonly receiptId: string; readonly appUserId: string },
  app: App,
  service: ReceiptService,
): Promise<Fetched<Reading>> {
  const first = await service.receipt({ ...wanted, app, environment: 'production' })
  if (first.kind !== 'absent' || !app.environments.includes('sandbox')) return judged(first, 'production', wanted)
  const second = await service.receipt({ ...wanted, app, environment: 'sandbox', continued: true })
  return judged(second, 'sandbox', wanted)
}

function judged(read: Fetched<Read>, foundIn: Environment, wanted: { readonly receiptId: string }): Fetched<Reading> {
  if (read.kind !== 'fetched') return read
  if (read.value.kind === 'gone') return { kind: 'fetched', value: { kind: 'gone' } }
  const receipt = receiptOf(read.value.json)
  if (receipt.receiptId !== wanted.receiptId)
    return { kind: 'retry', reason: 'Amazon answered about another receipt than was asked for.', afterMs: null }
  const environment = foundIn === 'sandbox' || receipt.test ? 'sandbox' : 'production'
  return { kind: 'fetched', value: { kind: 'receipt', receipt, environment, json: read.value.json } }
}

export function keyOf(app: App, environment: Environment, receiptId: string): PurchaseKey {
  return { projectId: app.projectId, store: 'amazon', environment, chain: receiptId, line: '' }
}

/** The name by which later messages find a purchase. */
export function linkOf(receiptId: string): string {
  return `receipt:${receiptId}`
}
