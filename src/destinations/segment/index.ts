import type { EventName } from '../../domain/event.ts'
import type { StoreName } from '../../domain/purchase.ts'
import type { Destination } from '../destination.ts'
import { check } from './check.ts'
import { FIELDS, hasSandboxKey } from './fields.ts'
import { LIMITS, MAX_EVENT_NAME_LENGTH } from './limits.ts'
import { outcomes } from './outcomes.ts'
import { identify, records } from './records.ts'
import { request } from './request.ts'

/** https://www.revenuecat.com/docs/integrations/third-party-integrations/segment: its table of events and stores. */
const ABSENT: Readonly<Record<StoreName, readonly EventName[]>> = {
  app_store: ['subscription_paused'],
  play_store: [],
  amazon: ['subscription_paused', 'product_change'],
  stripe: ['subscription_paused', 'uncancellation'],
  promotional: [
    'initial_purchase',
    'trial_started',
    'trial_converted',
    'trial_cancelled',
    'renewal',
    'uncancellation',
    'subscription_paused',
    'billing_issue',
    'product_change',
  ],
}

export const segment: Destination = {
  id: 'segment',
  title: 'Segment',
  fields: FIELDS,
  carries: (name, store) => !ABSENT[store].includes(name),
  refuseEventName,
  answers: 'request',
  limits: LIMITS,
  hasChannel: (settings, environment, sandboxToggle) =>
    environment === 'production' || sandboxToggle || hasSandboxKey(settings),
  identify,
  records,
  request,
  outcomes,
  check,
  confirm: {
    ask: 'Open the debugger of the source in Segment and look for the test event; Segment answers 200 to anything.',
    about: ['region', 'write_key'],
  },
  secretHeaders: ['authorization'],
  secretBodyKeys: [],
}

/** Segment drops a track call without a name and says 200, so a blank name never gets that far. */
function refuseEventName(name: string): string | null {
  if (name === '') return null
  if (name.trim() === '') return 'An event name needs more than spaces; leave it empty to not send the event.'
  if (/\p{Cc}/u.test(name)) return 'An event name holds no line breaks or control characters; type it again.'
  if (name.length > MAX_EVENT_NAME_LENGTH)
    return `An event name has at most ${MAX_EVENT_NAME_LENGTH} characters; shorten it.`
  return null
}
