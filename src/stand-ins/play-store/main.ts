import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mintGoogleSigner, mintServiceAccount } from './google-keys.ts'
import { startPlayStandIn } from './server.ts'
import { createSimulatedPlay } from './simulator.ts'

/** The Google Play stand-in as a process of its own: see ../README.md. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'package-name': { type: 'string', default: 'com.acme.app' },
    notify: { type: 'string' },
    'push-email': { type: 'string', default: 'push@acme.iam.gserviceaccount.com' },
    'push-subscription': { type: 'string', default: 'projects/acme/subscriptions/rtdn' },
    'pull-subscription': { type: 'string', default: 'projects/acme/subscriptions/rtdn-pull' },
    out: { type: 'string', default: '.' },
  },
})

const account = mintServiceAccount()
const play = createSimulatedPlay({ packageName: values['package-name'] })
const { notify } = values
const standIn = await startPlayStandIn({
  play,
  accounts: [account],
  signer: mintGoogleSigner(),
  port: Number(values.port),
  pullSubscription: values['pull-subscription'],
  ...(notify === undefined
    ? {}
    : {
        push: { url: notify, audience: notify, email: values['push-email'], subscription: values['push-subscription'] },
      }),
})
mkdirSync(values.out, { recursive: true })
const accountFile = join(values.out, 'play.json')
writeFileSync(accountFile, account.json, { mode: 0o600 })
console.log(
  JSON.stringify({
    api: standIn.url,
    pubsub: standIn.url,
    token: `${standIn.url}/token`,
    jwks: `${standIn.url}/oauth2/v3/certs`,
    service_account: accountFile,
    pull: values['pull-subscription'],
    ...(notify === undefined
      ? {}
      : {
          push: {
            audience: notify,
            service_account_email: values['push-email'],
            subscription: values['push-subscription'],
          },
        }),
  }),
)
