import type { EventName, LifecycleEvent, SubscriptionStatus } from '../domain/event.ts'
import type { Field, Settings } from '../domain/field.ts'
import type { Environment, StoreName } from '../domain/purchase.ts'

/**
 * The contract of a destination: data (its declared fields, capabilities, limits) and pure functions.
 * A destination computes, delivery sends: nothing here opens a connection, reads a clock or throws for bad input.
 */
export interface Destination {
  /** As in the config file: `destination: segment`. */
  readonly id: string
  readonly title: string
  readonly fields: readonly Field[]
  /** Which pair of event and store the destination carries (lifted by `all_events`). */
  carries(name: EventName, store: StoreName): boolean
  /** Names a person may not use at this destination; the sentence says why, null means fine. */
  refuseEventName(name: string): string | null
  /** `request`: one answer settles all of a request; a customer's next deliveries may ride along, in order. */
  readonly answers: 'request' | 'record'
  readonly limits: {
    readonly deliveriesPerRequest: number
    readonly bytesPerRequest: number
    readonly slots: number
    readonly maxSlots: number
  }
  /** Whether this integration has a channel in this environment. */
  hasChannel(settings: Settings, environment: Environment, sandboxToggle: boolean): boolean
  /**
   * The identity at the destination, taken from the customer as known at the first attempt and kept by delivery.
   * `skip` and `hold` follow the integration's `anonymous` option.
   */
  identify(customer: CustomerIdentity, settings: Settings): Identified
  /** One event → its 1..n records, in the order in which they must be accepted. */
  records(input: RenderInput): Rendered
  /** Groups records into the one request that carries them. */
  request(records: readonly DestinationRecord[], context: RequestContext): DestinationRequest
  /** An answer → what became of each record (same order as sent), or of the request as a whole. */
  outcomes(answer: Answer, records: readonly DestinationRecord[]): RequestOutcome
  /** The requests of "Check credentials" and what an answer means; null where nothing can be checked. */
  check(settings: Settings, environment: Environment, nowMs: number): CredentialCheck | null
  /**
   * Where an answer does not tell whether an event arrived: what a person must look at after a test event, in one
   * sentence, and the settings whose change makes it unknown again. Left out: the check and the answer tell.
   */
  readonly confirm?: { readonly ask: string; readonly about: readonly string[] }
  /** Header names and body paths whose values never enter the attempt log. */
  readonly secretHeaders: readonly string[]
  readonly secretBodyKeys: readonly string[]
}

export interface CustomerIdentity {
  readonly appUserId: string
  readonly originalAppUserId: string
  readonly aliases: readonly string[]
  /** True when appUserId is an anonymous id. */
  readonly anonymous: boolean
  /** Attribute key → value, as of now (for `$clevertapId`). */
  readonly attributes: Readonly<Record<string, string>>
}

/** Destination identity: opaque to delivery, kept as JSON with the delivery. */
export type DestinationIdentity = Readonly<Record<string, string>>
export type Identified =
  | { readonly kind: 'identity'; readonly identity: DestinationIdentity }
  /** Wait until the customer is known (`anonymous: hold_until_known`). */
  | { readonly kind: 'hold' }
  /** Settle as skipped with reason `anonymous`. */
  | { readonly kind: 'skip' }

/** What a delivery learned about mending its records ("522: trimmed", "526: fell back to identity"). */
export type Mend = 'trim' | 'identity'

export interface RenderInput {
  readonly event: LifecycleEvent
  readonly integrationId: string
  readonly settings: Settings
  /** The event's name at this destination. */
  readonly eventName: string
  readonly identity: DestinationIdentity
  /** 0 for the first sending and every retry; grows with each deliberate resend. */
  readonly resend: number
  readonly mends: readonly Mend[]
  /** When the request is built (for `event_time: sent`). */
  readonly nowMs: number
  /**
   * `rc_subscription_status` that was last sent to this channel for this customer, or null when never or unknown:
   * lets `identify: on_change` leave out what would change nothing.
   */
  readonly lastStatus: SubscriptionStatus | null
}

export interface DestinationRecord {
  /** Which of the event's records this is: 'identify', 'track', 'event', 'charged', 'profile'. */
  readonly kind: string
  readonly body: Readonly<Record<string, unknown>>
  /** UTF-8 bytes of `body` as JSON, computed once. */
  readonly bytes: number
  /** The body as JSON text, so that grouping never serialises twice. */
  readonly json: string
}

export type Rendered =
  | { readonly kind: 'records'; readonly records: readonly DestinationRecord[]; readonly notes: readonly string[] }
  /** Cannot be rendered or breaks a limit that trimming cannot mend: fails alone, with the sentence. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface RequestContext {
  readonly settings: Settings
  readonly environment: Environment
  readonly nowMs: number
}

export interface DestinationRequest {
  /** The remote whose origin the operator may replace (`segment`: TRIBUTARY_SEGMENT_URL …), where the setting exists. */
  readonly remote: string
  readonly origin: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** First 64 KiB as text. */
  readonly body: string
  /** True when the body was longer than was read. */
  readonly truncated: boolean
}

export type RecordOutcome =
  | { readonly kind: 'delivered' }
  /** Refused for good: the plain reason and what to do, one sentence each. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string; readonly advice: string }
  | {
      readonly kind: 'mend'
      readonly mend: Mend
      readonly code: string
      readonly reason: string
      readonly advice: string
    }
  | { readonly kind: 'transient'; readonly code: string; readonly reason: string }
  /** It may have arrived: sent again alone, with a warning. */
  | { readonly kind: 'unknown'; readonly reason: string }

export type RequestOutcome =
  | { readonly kind: 'records'; readonly outcomes: readonly RecordOutcome[]; readonly warning?: string }
  /** The channel backs off. `mayHaveArrived`: the outcome of what was sent is unknown. */
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryAfterMs: number | null
      readonly mayHaveArrived: boolean
    }
  /** The request as a whole was refused: halve it until the culprit stands alone. */
  | { readonly kind: 'split'; readonly reason: string; readonly advice: string }
  /** The channel pauses until its credentials change or a probe gets through. */
  | { readonly kind: 'refused'; readonly reason: string; readonly advice: string }

export interface CredentialCheck {
  readonly requests: readonly { readonly name: string; readonly request: DestinationRequest }[]
  /** Answers in the order of `requests`; null where one did not come. */
  verdict(answers: readonly (Answer | null)[]): {
    readonly ok: boolean | null
    /** One sentence with the fix. */
    readonly message: string
    /** Settings that would make it work ("region": "eu1"). */
    readonly suggestion?: Readonly<Record<string, string>>
  }
}
