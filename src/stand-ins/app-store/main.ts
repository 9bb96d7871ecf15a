import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mintApiKey } from './api-key.ts'
import { startAppStoreStandIn } from './server.ts'
import { createSigner } from './sign.ts'
import { createSimulatedAppStore } from './subscription.ts'

/** The App Store stand-in as a process of its own: see ../README.md. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'bundle-id': { type: 'string', default: 'com.acme.app' },
    'apple-id': { type: 'string', default: '123456789' },
    'notify-production': { type: 'string' },
    'notify-sandbox': { type: 'string' },
    out: { type: 'string', default: '.' },
  },
})

const key = mintApiKey()
const signer = createSigner()
// A process that is started again must not tell of the purchases of the one before.
const run = randomUUID()
const app = { bundleId: values['bundle-id'], appAppleId: Number(values['apple-id']), signer }
const start = async (
  environment: 'production' | 'sandbox',
  notify: string | undefined,
  port: number,
): Promise<string> => {
  const store = createSimulatedAppStore({ ...app, environment, seed: `${run}/${environment}` })
  const standIn = await startAppStoreStandIn({
    stores: [store],
    keys: [key],
    port,
    ...(notify === undefined ? {} : { notificationUrl: notify }),
  })
  return standIn.url
}
const port = Number(values.port)
const production = await start('production', values['notify-production'], port)
const sandbox = await start('sandbox', values['notify-sandbox'], port === 0 ? 0 : port + 1)
const folder = values.out
mkdirSync(folder, { recursive: true })
const rootFile = join(folder, 'root.pem')
const keyFile = join(folder, `AuthKey_${key.keyId}.p8`)
writeFileSync(rootFile, signer.chain.rootPem)
writeFileSync(keyFile, key.privateKey, { mode: 0o600 })
console.log(
  JSON.stringify({
    production,
    sandbox,
    root: rootFile,
    key: { issuer_id: key.issuerId, key_id: key.keyId, private_key: keyFile },
  }),
)
