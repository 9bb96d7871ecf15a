import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startStripeStandIn } from './server.ts'
import { createSimulatedStripe } from './simulator.ts'

/** The Stripe stand-in as a process of its own: see ../README.md. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'live-key': { type: 'string', default: 'sk_live_standin' },
    'test-key': { type: 'string', default: 'sk_test_standin' },
    'webhook-secret': { type: 'string' },
    notify: { type: 'string' },
  },
})

// A process that is started again must not tell of the subscriptions of the one before.
const seed = randomUUID()
const secret = values['webhook-secret']
const common = { seed, ...(secret === undefined ? {} : { secret }) }
const live = createSimulatedStripe({ ...common, livemode: true })
const test = createSimulatedStripe({ ...common, livemode: false })
const standIn = await startStripeStandIn({
  accounts: [
    { account: live, key: values['live-key'] },
    { account: test, key: values['test-key'] },
  ],
  port: Number(values.port),
  ...(values.notify === undefined ? {} : { notificationUrl: values.notify }),
})
console.log(
  JSON.stringify({
    api: standIn.url,
    live: { secret_key: values['live-key'], webhook_secret: live.secret },
    sandbox: { secret_key: values['test-key'], webhook_secret: test.secret },
  }),
)
