import type { DestinationRecord, RecordOutcome } from '../destination.ts'

interface Meaning {
  readonly reason: string
  readonly advice: string
}

const PROFILE_ADVICE = 'Correct the property in CleverTap or at its source; the event itself was judged on its own.'

/** https://developer.clevertap.com/docs/api-errors (December 2025); 527 from senders who met it. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  509: {
    reason: 'CleverTap found no event name in the record.',
    advice: 'Give the event a name in the event names of this integration, then retry it.',
  },
  512: {
    reason: 'CleverTap does not take the structure of the event.',
    advice: 'Look at the request of this attempt and report it as a fault of Tributary.',
  },
  513: {
    reason: 'The name of the event is one that CleverTap keeps for its own system events.',
    advice: 'Choose another name for this event in the event names, then retry it.',
  },
  514: { reason: 'CleverTap does not take the gender on the profile.', advice: PROFILE_ADVICE },
  515: { reason: 'CleverTap does not take the e-mail address on the profile.', advice: PROFILE_ADVICE },
  516: { reason: 'CleverTap does not take the phone number on the profile.', advice: PROFILE_ADVICE },
  517: { reason: 'CleverTap does not take the employment on the profile.', advice: PROFILE_ADVICE },
  518: { reason: 'CleverTap does not take the education on the profile.', advice: PROFILE_ADVICE },
  519: { reason: 'CleverTap does not take the marital status on the profile.', advice: PROFILE_ADVICE },
  520: { reason: 'CleverTap does not take the age on the profile.', advice: PROFILE_ADVICE },
  522: {
    reason: 'The event has more properties than the CleverTap account takes.',
    advice: "Set max_properties to the account's own limit, or exclude attributes.",
  },
  523: {
    reason: 'CleverTap found no identity in the record.',
    advice: 'Look at the request of this attempt and report it as a fault of Tributary.',
  },
  524: {
    reason: 'CleverTap found neither an event nor a profile in the record.',
    advice: 'Look at the request of this attempt and report it as a fault of Tributary.',
  },
  525: {
    reason: 'CleverTap does not take the time of the record.',
    advice: 'Look at ts in the request of this attempt and report it as a fault of Tributary.',
  },
  526: {
    reason: "CleverTap does not know the customer's $clevertapId.",
    advice: 'Check where the app takes $clevertapId from.',
  },
  527: {
    reason: 'The event is older than the CleverTap account takes.',
    advice: "Ask CleverTap about the account's data retention, or leave events of this age out.",
  },
  528: {
    reason: 'An event of this name is marked as discarded in CleverTap.',
    advice: 'Restore it under Settings → Schema → Events in CleverTap, or leave its name empty here.',
  },
}

/** The outcome of one refused record. `text` is CleverTap's own sentence. */
export function outcomeOfCode(code: number | null, text: string, record: DestinationRecord): RecordOutcome {
  const name = code === null ? 'unknown' : String(code)
  const meaning = code === null ? undefined : MEANINGS[code]
  if (code === 555) {
    return { kind: 'transient', code: name, reason: `CleverTap had a fault of its own with the record${quoted(text)}` }
  }
  if (meaning === undefined) {
    return {
      kind: 'refused',
      code: name,
      reason: `CleverTap refused the record with ${code === null ? 'no code' : `code ${code}`}${quoted(text)}`,
      advice: 'Look the code up in the documentation of the Upload API, then retry the event.',
    }
  }
  const said = { code: name, reason: `${meaning.reason.slice(0, -1)}${quoted(text)}`, advice: meaning.advice }
  // Only the event's own record has attributes to trim.
  if (code === 522 && record.kind === 'event') return { kind: 'mend', mend: 'trim', ...said }
  if (code === 526 && 'objectId' in record.body) return { kind: 'mend', mend: 'identity', ...said }
  return { kind: 'refused', ...said }
}

/** Without the place in the request: the same fault of two records has one reason, and stands in one group. */
const PLACE = /\s*Skipped record number\s*:\s*\d+\.?/gi

function quoted(text: string): string {
  const plain = text.replace(PLACE, ' ').replace(/\s+/g, ' ').trim().slice(0, 300)
  return plain === '' ? '.' : ` (${plain}).`
}
