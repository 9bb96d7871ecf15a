import { parseArgs } from 'node:util'
import type { StandInReply } from '../server.ts'
import { startStandIn } from '../server.ts'
import { createActs } from './acts.ts'
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

const acts = createActs({
  sender: createSimulatedSender({ customer: { appUserId: values['app-user-id'] } }),
  url: values.notify ?? null,
  credentials: {
    ...(values.authorization === undefined ? {} : { authorization: values.authorization }),
    signingSecrets: values['signing-secret'] ?? [],
  },
})
const NOT_FOUND: StandInReply = { status: 404, body: '' }
const standIn = await startStandIn({
  port: Number(values.port),
  handle: (request) => (request.method === 'POST' && request.path === '/_act' ? acts(request.body) : NOT_FOUND),
})
console.log(JSON.stringify({ url: standIn.url, notify: values.notify ?? null }))
