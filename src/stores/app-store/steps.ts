/**
 * https://developer.apple.com/help/app-store-connect/configure-in-app-purchase-settings/enter-server-urls-for-app-store-server-notifications
 * and https://developer.apple.com/documentation/appstoreserverapi/creating-api-keys-to-authorize-api-requests
 */
export const APP_STORE_STEPS: readonly string[] = [
  'In App Store Connect open your app → App Information, and copy the bundle ID and the Apple ID into the form.',
  'Open Users and Access → Integrations → In-App Purchase and generate a key; download its .p8 file, which is possible once, and copy the issuer ID above the list and the key ID beside the key.',
  'Paste issuer ID, key ID and the content of the .p8 file into the form, then check the credentials.',
  'Back in App Information, under App Store Server Notifications, set both the production and the sandbox server URL to {url}, each as version 2.',
  'Or leave the URLs as they are and choose “The hub asks”: the hub then reads the list of notifications that Apple sends to your other server.',
  'Ask for a test notification here; it shows as the last notification of the app within a minute.',
]
