import type { App } from '../../domain/project.ts'
import type { Fetched, Resolved, ResolveRequest } from '../store.ts'
import type { StripeClient } from './client.ts'
import { resolvePayment } from './resolve-payment.ts'
import { resolveSession } from './resolve-session.ts'
import { resolveSubscription } from './resolve-subscription.ts'

/** What the waiting messages of one subject are about: the subject's own id says what it is. */
export function resolved(request: ResolveRequest, app: App, client: StripeClient): Promise<Fetched<Resolved>> {
  if (request.subject.startsWith('sub_')) return resolveSubscription(request, app, client)
  if (request.subject.startsWith('cs_')) return resolveSession(request, app, client)
  return resolvePayment(request, app, client)
}
