import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startStandIn } from '../server.ts'
import { createSenderActs } from './acts.ts'
import { createSimulatedSender } from './sender.ts'

/** The RevenueCat-shaped sender as a process of its own: see ../README.md. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    notify: { type: 'string' },
    authorization: { type: 'string' },
    'signing-secret': { type: 'string', multiple: true },
    'app-user-id': { type: 'string', default: 'anna' },
  },
})

const acts = createSenderActs({
  // A process that is started again must not send what looks like the events of the one before.
  sender: createSimulatedSender({ customer: { appUserId: values['app-user-id'] }, seed: randomUUID() }),
  url: values.notify ?? null,
  credentials: {
    ...(values.authorization === undefined ? {} : { authorization: values.authorization }),
    signingSecrets: values['signing-secret'] ?? [],
  },
})
const standIn = await startStandIn({ port: Number(values.port), handle: acts })
console.log(JSON.stringify({ url: standIn.url, notify: values.notify ?? null }))
