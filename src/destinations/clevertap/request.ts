import type { DestinationRecord, DestinationRequest, RequestContext } from '../destination.ts'
import { type Account, accountOf, originOf } from './fields.ts'

/** The one address that takes events and profiles. https://developer.clevertap.com/docs/upload-events-api */
export const UPLOAD_PATH = '/1/upload'

/** Records keep their order: an answer names a record by its position. */
export function request(sent: readonly DestinationRecord[], context: RequestContext): DestinationRequest {
  // Without an own account a sandbox has no channel; an empty account is refused rather than another one used.
  const account = accountOf(context.settings, context.environment) ?? { id: '', passcode: '' }
  const body = `{"d":[${sent.map(({ json }) => json).join(',')}]}`
  return upload(originOf(context.settings.region), account, UPLOAD_PATH, body)
}

/** A POST to the Upload API of a region, signed in as `account`. */
export function upload(origin: string, account: Account, path: string, body: string): DestinationRequest {
  return {
    remote: 'clevertap',
    origin,
    method: 'POST',
    path,
    headers: {
      'x-clevertap-account-id': account.id,
      'x-clevertap-passcode': account.passcode,
      'content-type': 'application/json',
    },
    body,
  }
}
