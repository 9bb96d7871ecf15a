/**
 * Names that CleverTap keeps for itself; an upload that raises one is refused with code 513.
 * The list is that of CleverTap's own SDKs (github.com/CleverTap/clevertap-android-sdk, clevertap-ios-sdk); the
 * server's own is not published.
 */
const RESTRICTED_NAMES = [
  'Stayed',
  'Notification Clicked',
  'Notification Viewed',
  'Notification Sent',
  'Notification Bounced',
  'UTM Visited',
  'App Launched',
  'App Uninstalled',
  'wzrk_d',
  'wzrk_fetch',
  'Geocluster Entered',
  'Geocluster Exited',
  'SCOutgoing',
  'SCIncoming',
  'SCEnd',
  'SCCampaignOptOut',
]

/** The SDKs cut a longer name; cut here it would be another event than the one a person asked for. */
const MAX_NAME_BYTES = 512

/** CleverTap's SDKs compare names without case and white space, so `app launched` is `App Launched`. */
function normalised(name: string): string {
  return name.replace(/\s+/gu, '').toLowerCase()
}

const RESTRICTED: ReadonlyMap<string, string> = new Map(RESTRICTED_NAMES.map((name) => [normalised(name), name]))

/** One sentence that says why CleverTap would not take an event of this name, or null when it would. */
export function refuseEventName(name: string): string | null {
  // Empty means "do not send".
  if (name === '') return null
  if (name.trim() === '') return 'An event name of spaces alone is no name; leave it empty to send nothing.'
  if (/\p{Cc}/u.test(name)) return 'An event name holds no line breaks, tabs or other control characters; type it anew.'
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `An event name has at most ${MAX_NAME_BYTES} bytes in UTF-8; choose a shorter one.`
  }
  const system = RESTRICTED.get(normalised(name))
  if (system !== undefined) {
    return `"${system}" is a system event of CleverTap, which refuses it from outside; choose another name.`
  }
  return null
}
