import { isErasedId } from '../domain/erased.ts'

/** Longest app user id, in characters: https://www.revenuecat.com/docs/customers/user-ids */
const MAX_APP_USER_ID_LENGTH = 100

/**
 * Ids that an app sends by mistake when it has no id. Taken as an id, one of them would merge all customers of a
 * project into one. The list is the one that the Purchases backend refuses (same page as above).
 */
const NEVER_AN_ID: ReadonlySet<string> = new Set([
  'no_user',
  'null',
  'none',
  'nil',
  '(null)',
  'NaN',
  '\\x00',
  '""',
  'unidentified',
  'undefined',
  'unknown',
  'anonymous',
  'guest',
  '-1',
  '0',
  '[]',
  '{}',
  '[object Object]',
])

/** C0 and C1 controls: NUL is refused by PostgreSQL text, a line feed separates the parts of our own keys. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

export function hasControl(text: string): boolean {
  return CONTROL.test(text)
}

export type AppUserIdFault = 'empty' | 'invalid'

/**
 * Why a text may not be an app user id, or null when it may. Case counts, as at the stores and the SDKs.
 * `empty` is told apart because the SDK wire has a code of its own for it.
 */
export function refuseAppUserId(
  appUserId: string,
): { readonly fault: AppUserIdFault; readonly message: string } | null {
  if (appUserId.trim() === '')
    return { fault: 'empty', message: 'The app user id is empty; send the id of the customer.' }
  if (appUserId.length > MAX_APP_USER_ID_LENGTH) {
    return invalid(`The app user id has more than ${MAX_APP_USER_ID_LENGTH} characters; use a shorter one.`)
  }
  if (appUserId.includes('/')) return invalid('The app user id holds a "/"; use an id without one.')
  if (isErasedId(appUserId)) return invalid('This id stands for somebody who was erased; send the id of a customer.')
  if (hasControl(appUserId) || !appUserId.isWellFormed()) {
    return invalid('The app user id holds a character that is no text; use printable characters only.')
  }
  if (NEVER_AN_ID.has(appUserId.trim())) {
    return invalid(
      `"${appUserId.trim()}" stands for no customer in particular and would merge them all; send a real id.`,
    )
  }
  return null
}

function invalid(message: string): { readonly fault: AppUserIdFault; readonly message: string } {
  return { fault: 'invalid', message }
}
