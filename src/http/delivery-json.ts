import { z } from 'zod'
import { EVENT_NAMES, EVENT_TYPES } from '../domain/event.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import type { ListedDelivery } from '../storage/reads.ts'
import type { AttemptRow, ChannelRow } from '../storage/rows.ts'
import { isoOf, parsedOr } from './json-text.ts'
import { maskedIdentity } from './personal.ts'

const time = z.iso.datetime()

export const DELIVERY_STATUSES = ['waiting', 'sending', 'delivered', 'failed', 'skipped'] as const

export const DeliverySchema = z
  .object({
    id: z.string(),
    event_id: z.string(),
    integration_id: z.string(),
    environment: z.enum(ENVIRONMENTS),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable(),
    advice: z.string().nullable().describe('What to do about it, in one sentence.'),
    attempts: z.int().describe('How many requests have carried it.'),
    due_at: time.nullable().describe("Its queue's; null while another stands before it, and once it is settled."),
    created_at: time,
    settled_at: time.nullable(),
    seq: z.int(),
    may_be_doubled: z.boolean().describe('The outcome of one of its requests is unknown.'),
    resend: z.int().describe('0 for the first sending; grows with each deliberate resend.'),
    records_done: z.array(z.string()).describe('Kinds of its records that the destination has taken.'),
    mends: z.array(z.string()),
    notes: z.array(z.string()),
    identity: z.unknown().describe('Its identity at the destination, fixed at the first attempt.'),
    event: z
      .object({
        name: z.enum(EVENT_NAMES).nullable(),
        type: z.enum(EVENT_TYPES),
        customer: z.string().describe('The app user id that it names.'),
        product_id: z.string(),
        occurred_at: time,
        store: z.string(),
      })
      .nullable()
      .describe('What it delivers, in short.'),
  })
  .meta({ id: 'Delivery' })

export type ApiDelivery = z.infer<typeof DeliverySchema>

export const AttemptSchema = z
  .object({
    id: z.string(),
    at: time,
    status: z.int().nullable().describe('null when no answer came.'),
    duration_ms: z.number(),
    request: z.unknown().describe('As it was sent, secrets masked.'),
    response: z.unknown().describe('The first 8 KiB.'),
    outcomes: z.array(z.unknown()).describe('What became of each record.'),
  })
  .meta({ id: 'Attempt' })

export type ApiAttempt = z.infer<typeof AttemptSchema>

export const ChannelSchema = z
  .object({
    environment: z.enum(ENVIRONMENTS),
    state: z.enum(['open', 'backing_off', 'paused']),
    paused_by: z.enum(['person', 'credentials', 'refusals']).nullable(),
    reason: z.string().nullable(),
    advice: z.string().nullable(),
    failures: z.int(),
    requests_at_once: z.int(),
    next_try_at: time.nullable(),
  })
  .meta({ id: 'Channel' })

export type ApiChannel = z.infer<typeof ChannelSchema>

/** A delivery as the API gives it. `due_at` is its queue's; null while another stands before it. */
export function toApiDelivery({ delivery, event, sending, dueAt }: ListedDelivery, personal: boolean): ApiDelivery {
  const identity = delivery.identity === null ? null : parsedOr(delivery.identity, null)
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    integration_id: delivery.integrationId,
    environment: delivery.environment,
    status: sending && delivery.status === 'waiting' ? 'sending' : delivery.status,
    reason: delivery.reason,
    advice: delivery.advice,
    attempts: delivery.attempts,
    due_at: isoOf(delivery.status === 'waiting' ? dueAt : null),
    created_at: isoOf(delivery.createdAt),
    settled_at: isoOf(delivery.settledAt),
    seq: delivery.seq,
    may_be_doubled: delivery.mayBeDoubled,
    resend: delivery.resend,
    records_done: [...delivery.done],
    mends: [...delivery.mends],
    notes: [...delivery.notes],
    identity: personal ? identity : maskedIdentity(identity, event?.appUserId ?? null),
    event:
      event === null
        ? null
        : {
            name: event.name,
            type: event.type,
            customer: event.appUserId,
            product_id: event.productId,
            occurred_at: isoOf(event.occurredAt),
            store: event.store,
          },
  }
}

/** One HTTP request. Its bodies are kept masked. */
export function toApiAttempt(row: AttemptRow): ApiAttempt {
  const outcomes = parsedOr(row.outcomes, [])
  return {
    id: row.id,
    at: isoOf(row.at),
    status: row.status,
    duration_ms: row.durationMs,
    request: parsedOr(row.request, row.request),
    response: parsedOr(row.response, row.response),
    outcomes: Array.isArray(outcomes) ? outcomes : [],
  }
}

export function toApiChannel(row: ChannelRow): ApiChannel {
  return {
    environment: row.environment,
    state: row.state,
    paused_by: row.pausedBy,
    reason: row.reason,
    advice: row.advice,
    failures: row.failures,
    requests_at_once: row.width,
    next_try_at: row.state === 'open' || row.pausedBy === 'person' ? null : isoOf(row.nextAt),
  }
}
