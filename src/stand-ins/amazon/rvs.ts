import type { StandInReply, StandInRequest } from '../server.ts'
import { receiptJson } from './receipt.ts'
import type { World } from './simulator.ts'

/** What one service answers from: production's or the sandbox's. */
export interface RvsState {
  readonly environment: 'production' | 'sandbox'
  readonly sharedSecret: string
  readonly world: World
}

const PATH = /^(\/sandbox)?\/version\/([^/]+)\/verifyReceiptId\/developer\/([^/]*)\/user\/([^/]*)\/receiptId\/([^/]*)$/

/**
 * The Receipt Verification Service at a moment, with its own codes
 * (developer.amazon.com/docs/in-app-purchasing/iap-rvs-for-android-apps.html). null: another path.
 */
export function verifyReceipt(request: StandInRequest, states: readonly RvsState[], at: number): StandInReply | null {
  const [, sandbox, version, secret, user, receiptId] = (PATH.exec(request.path) ?? []).map((part) =>
    part === undefined ? undefined : decodeURIComponent(part),
  )
  if (secret === undefined || user === undefined || receiptId === undefined) return null
  if (request.method !== 'GET') return fault(405, 'Only GET is allowed.')
  if (version !== '1.0') return fault(400, 'There is no such version of verifyReceiptId.')
  const environment = sandbox === undefined ? 'production' : 'sandbox'
  const known = states.filter((state) => state.environment === environment)
  // The sandbox takes every secret that is one.
  const ours = environment === 'sandbox' ? known : known.filter((state) => state.sharedSecret === secret)
  if (secret === '' || (environment === 'production' && ours.length === 0)) return fault(496, 'Invalid sharedSecret')
  const receipts = ours.flatMap(({ world }) => [...world.values()])
  if (!receipts.some((receipt) => receipt.user === user)) return fault(497, 'Invalid User ID')
  const receipt = receipts.find((one) => one.receiptId === receiptId && one.user === user)
  if (receipt === undefined || receipt.purchaseDate > at) return fault(400, 'Invalid receiptID')
  if (receipt.gone) return fault(410, 'The receipt is no longer valid.')
  return { status: 200, body: JSON.stringify(receiptJson(receipt, at)) }
}

function fault(status: number, message: string): StandInReply {
  return { status, body: JSON.stringify({ message, status: false }) }
}
