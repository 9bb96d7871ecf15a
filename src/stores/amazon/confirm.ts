import type { App } from '../../domain/project.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Fetched, Resolved } from '../store.ts'
import { placeOf, settingsOf } from './fields.ts'

/**
 * Confirms the subscription of this address to the app's topic
 * (docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html). The address that the message brings is never asked:
 * ours is made of the topic that a person has set, and of the token.
 */
export async function confirmSubscription(
  token: string,
  app: App,
  deps: { readonly http: HttpClient; readonly origin: string | null },
): Promise<Fetched<Resolved>> {
  const { topicArn } = settingsOf(app)
  const place = topicArn === null ? null : placeOf(topicArn)
  if (topicArn === null || place === null)
    return {
      kind: 'absent',
      reason: `topic_arn of ${app.id} is not set any more: set it, and ask Amazon to confirm again.`,
    }
  // Newer pages of Amazon let a person paste the token in the Developer Console (…/in-app-purchasing/rtn-example.html).
  const byHand = `The confirmation token, for the Developer Console if it asks for one: ${token}`
  const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: token })
  const answer = await deps.http.send({
    method: 'GET',
    url: `${deps.origin ?? `https://sns.${place.region}.${place.domain}`}/?${query}`,
    headersTimeoutMs: 5_000,
    totalTimeoutMs: 10_000,
    maxBytes: 16_384,
  })
  if (answer.kind === 'fault')
    return {
      kind: 'retry',
      reason: `Amazon SNS could not be reached (${answer.reason}); it is tried again. ${byHand}`,
      afterMs: null,
    }
  const { status } = answer
  if (status >= 200 && status < 300) return told(`Amazon sends its notifications here from now on. ${byHand}`)
  if (status === 429 || status >= 500)
    return {
      kind: 'retry',
      reason: `Amazon SNS could not confirm (HTTP ${status}); it is tried again. ${byHand}`,
      afterMs: null,
    }
  return told(
    `Amazon SNS did not take the confirmation (HTTP ${status}): add the address again in the Developer Console. ${byHand}`,
  )
}

function told(note: string): Fetched<Resolved> {
  return { kind: 'fetched', value: { observations: [], links: [], note } }
}
