import type { Fetched, ResolveRequest } from '../store.ts'

/** What only another message can tell is waited for this long where Stripe cannot be asked. */
const PATIENCE_MS = 3_600_000

/** Without a key: whether the message that is missing may still come. */
export function mayStillCome(request: ResolveRequest): boolean {
  const newest = Math.max(...request.messages.map(({ receivedAt }) => receivedAt))
  return request.at - newest < PATIENCE_MS
}

export function waiting(what: string): Extract<Fetched<never>, { readonly kind: 'retry' }> {
  return {
    kind: 'retry',
    reason: `${what} is not known yet, and without a secret_key Stripe cannot be asked: it is waited for.`,
    afterMs: null,
  }
}
