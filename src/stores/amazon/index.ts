import type { HttpClient } from '../../net/http.ts'
import type { Store, StoreDeclaration } from '../store.ts'
import { createSigningCertificates } from './certificates.ts'
import { createReceiptService } from './client.ts'
import { AMAZON_FIELDS, refuseApp, settingsOf } from './fields.ts'
import { decodedOf } from './message.ts'
import { pollReceipt } from './poll.ts'
import { resolveMessages } from './resolve.ts'
import { readShown, termFields } from './shown.ts'
import { judgeMessage } from './sns.ts'
import { AMAZON_STEPS } from './steps.ts'

export const amazonDeclaration: StoreDeclaration = {
  name: 'amazon',
  slug: 'amazon',
  title: 'Amazon Appstore',
  fields: AMAZON_FIELDS,
  steps: AMAZON_STEPS,
  sendsText: true,
  refuse: refuseApp,
}

export interface AmazonDeps {
  readonly http: HttpClient
  readonly now: () => number
  /** In place of https://appstore-sdk.amazon.com. */
  readonly rvsUrl: string | null
  /** Scheme and host in place of https://sns.REGION.amazonaws.com. */
  readonly snsOrigin: string | null
}

/** The Amazon Appstore at work: real-time notifications ring, the Receipt Verification Service tells. */
export function createAmazon(deps: AmazonDeps): Store {
  const { http, now, snsOrigin: origin } = deps
  const certificates = createSigningCertificates({ http, now, origin })
  const service = createReceiptService({ http, now, url: deps.rvsUrl })
  return {
    ...amazonDeclaration,
    accept: (message, app) => judgeMessage(message.body, app, { certificates, now }),
    decode: decodedOf,
    canAskHistory: () => false,
    history: () => Promise.resolve({ kind: 'absent', reason: 'Amazon keeps no history of a receipt.' }),
    resolve: (request, app) => resolveMessages(request, app, { http, service, origin }),
    canPoll: (app) => settingsOf(app).sharedSecret !== '',
    poll: (request, app) => pollReceipt(request, app, service),
    receipt: (request, app) => readShown(request, app, service),
    term: (userId, receiptId, app) => termFields(userId, receiptId, app, service),
    check: (environment, app) => service.check(environment, app),
  }
}
