import type { Destination, DestinationRecord, RecordOutcome, RequestOutcome } from '../destinations/destination.ts'
import { type EventName, isAnonymousId } from '../domain/event.ts'
import { defaultEventName, type Integration } from '../domain/project.ts'
import type { Environment } from '../domain/purchase.ts'
import { sampleEvent } from '../domain/sample-event.ts'
import { answerOf, loggedRequest, loggedResponse } from './attempt-log.ts'
import { type Outbound, sendable } from './check.ts'

/** What came of a made-up event: sent once, judged as a delivery is, kept nowhere. */
export type TestEvent =
  | {
      readonly kind: 'sent'
      /** null: it may have arrived, and nothing here can tell. */
      readonly ok: boolean | null
      /** One sentence or two, with what to do. */
      readonly message: string
      /** As the attempt log would keep them. */
      readonly request: { readonly method: string; readonly url: string; readonly body: string }
      readonly response: { readonly status: number; readonly body: string } | null
    }
  /** Nothing was sent. `at`: the field of the form that is in the way. */
  | { readonly kind: 'refused'; readonly at: string; readonly reason: string }

export interface TestWish {
  readonly event: EventName
  readonly environment: Environment
  readonly appUserId: string
}

/** Renders a made-up event with the integration's settings and name, and sends it where a delivery of it would go. */
export async function sendTestEvent(
  destination: Destination,
  integration: Integration,
  wish: TestWish,
  outbound: Outbound,
): Promise<TestEvent> {
  const now = outbound.now()
  const rendered = recordsOf(destination, integration, wish, now)
  if (rendered.kind === 'refused') return rendered
  const context = { settings: integration.settings, environment: wish.environment, nowMs: now }
  const request = destination.request(rendered.records, context)
  const result = await outbound.http.send(sendable(request, outbound))
  const origin = outbound.originOf(request.remote) ?? request.origin
  const { method, url, body } = JSON.parse(loggedRequest({ ...request, origin }, destination, outbound.redact)) as {
    readonly method: string
    readonly url: string
    readonly body: string
  }
  const shown = { method, url, body }
  if (result.kind === 'fault') {
    const message = `${destination.title} did not answer (${outbound.redact(result.reason)}); check the network of the hub, then try again.`
    return { kind: 'sent', ok: null, message, request: shown, response: null }
  }
  const outcome = destination.outcomes(answerOf(result, outbound.redact), rendered.records)
  const response = JSON.parse(loggedResponse(result, outbound.redact)) as {
    readonly status: number
    readonly body: string
  }
  return {
    kind: 'sent',
    ...verdictOf(outcome, destination),
    request: shown,
    response: { status: response.status, body: response.body },
  }
}

function recordsOf(
  destination: Destination,
  integration: Integration,
  { event: name, environment, appUserId }: TestWish,
  now: number,
):
  | { readonly kind: 'records'; readonly records: readonly DestinationRecord[] }
  | Extract<TestEvent, { kind: 'refused' }> {
  const { settings, sandbox, eventNames } = integration
  if (!destination.hasChannel(settings, environment, sandbox))
    return refused(
      'environment',
      `${destination.title} has nowhere to send ${environment} events to; set that up first.`,
    )
  const eventName = eventNames[name] ?? defaultEventName(name)
  if (eventName === '')
    return refused('event', 'The name of this event is blank, so it is not sent; give it a name, or try another event.')
  const event = sampleEvent({ name, projectId: integration.projectId, appUserId, environment, nowMs: now })
  const identified = destination.identify(
    {
      appUserId,
      originalAppUserId: appUserId,
      aliases: event.aliases,
      anonymous: isAnonymousId(appUserId),
      attributes: {},
    },
    settings,
  )
  if (identified.kind !== 'identity')
    return refused('app_user_id', 'Events of anonymous customers are not sent by these settings; use an id of yours.')
  const rendered = destination.records({
    event,
    integrationId: integration.id,
    settings,
    eventName,
    identity: identified.identity,
    resend: 0,
    mends: [],
    nowMs: now,
    lastStatus: null,
  })
  return rendered.kind === 'refused' ? refused('settings', rendered.reason) : rendered
}

function refused(at: string, reason: string): Extract<TestEvent, { kind: 'refused' }> {
  return { kind: 'refused', at, reason }
}

function verdictOf(
  outcome: RequestOutcome,
  { title, confirm }: Destination,
): { readonly ok: boolean | null; readonly message: string } {
  switch (outcome.kind) {
    case 'records': {
      const bad = outcome.outcomes.find(({ kind }) => kind !== 'delivered')
      if (bad !== undefined) return ofRecord(bad, title)
      return confirm === undefined
        ? { ok: true, message: `${title} took the test event.` }
        : { ok: null, message: `${title} took the request. ${confirm.ask}` }
    }
    case 'failed':
      return { ok: outcome.mayHaveArrived ? null : false, message: `${ended(outcome.reason)} Try again in a minute.` }
    case 'split':
    case 'refused':
      return { ok: false, message: `${ended(outcome.reason)} ${outcome.advice}` }
  }
}

function ofRecord(outcome: RecordOutcome, title: string): { readonly ok: boolean | null; readonly message: string } {
  switch (outcome.kind) {
    case 'delivered':
      return { ok: true, message: `${title} took the test event.` }
    case 'refused':
    case 'mend':
      return { ok: false, message: `${ended(outcome.reason)} ${outcome.advice}` }
    case 'transient':
      return { ok: false, message: `${ended(outcome.reason)} Try again in a minute.` }
    case 'unknown':
      return { ok: null, message: `${ended(outcome.reason)} Look at ${title} whether it arrived.` }
  }
}

/** Some reasons quote an answer and end where it does. */
function ended(reason: string): string {
  return /[.!?]$/.test(reason) ? reason : `${reason}.`
}
