/** https://www.revenuecat.com/docs/integrations/webhooks */
export const REVENUECAT_STEPS: readonly string[] = [
  'Make a secret of your own (openssl rand -hex 24) and enter “Bearer” and the secret as the authorization header in the form.',
  'In RevenueCat open your project → Integrations → Webhooks → add a configuration with the URL {url} and exactly the same authorization header value.',
  'Choose the environments that the app here takes, all apps and all event types: an event that is filtered out is never told.',
  'If the page offers to sign requests, switch that on and copy its secret into the field “Signing secret”.',
  'Send the test event from the same page; it shows as the last notification of the app.',
]
