import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startAmazonStandIn } from './server.ts'
import { createSimulatedAmazon } from './store.ts'
import { createTopic } from './topic.ts'

/** The Amazon stand-in as a process of its own: see ../README.md. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'package-name': { type: 'string', default: 'com.acme.app' },
    'shared-secret': { type: 'string', default: '2:stand-in' },
    'topic-arn': { type: 'string' },
    notify: { type: 'string' },
  },
})

// A process that is started again must not tell of the receipts of the one before.
const options = { packageName: values['package-name'], sharedSecret: values['shared-secret'], seed: randomUUID() }
const arn = values['topic-arn']
const topic = createTopic(arn === undefined ? {} : { arn })
const store = createSimulatedAmazon({ ...options, topic })
const standIn = await startAmazonStandIn({
  stores: [store],
  port: Number(values.port),
  ...(values.notify === undefined ? {} : { notificationUrl: values.notify }),
})
console.log(JSON.stringify({ url: standIn.url, topic_arn: store.topic.arn, shared_secret: options.sharedSecret }))
