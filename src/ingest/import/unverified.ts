import type { Snapshot } from '../../domain/observation.ts'
import type { PurchaseKey } from '../../domain/purchase.ts'

/**
 * A purchase of Google's that was taken over by its order ids and whose token nobody has shown yet: the store cannot be
 * asked about it before a message, a receipt or `import purchases` brings the token.
 */
export function awaitsToken({
  key,
  snapshot,
}: {
  readonly key: PurchaseKey
  readonly snapshot: Pick<Snapshot, 'askWith'> | null
}): boolean {
  return key.store === 'play_store' && key.chain.startsWith('GPA.') && snapshot?.askWith === undefined
}
