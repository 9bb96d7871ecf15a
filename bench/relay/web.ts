/**
 * The relay's web process: Express 5, each store's own library, and a queue on disk before the answer. It says {ready}.
 * RELAY_QUEUE: `redis` or `postgres`. A store has its route when its settings are there.
 */
import express from 'express'
import { appleRoute } from './apple.ts'
import { onPostgres, onRedis } from './queue.ts'
import { stripeRoute } from './stripe.ts'

const env = process.env
const enqueue =
  env.RELAY_QUEUE === 'postgres' ? await onPostgres(env.RELAY_DATABASE_URL ?? '') : onRedis(env.RELAY_REDIS ?? '')

const app = express()
app.disable('x-powered-by')
app.disable('etag')
if (env.RELAY_ROOT !== undefined) appleRoute(app, { rootPem: env.RELAY_ROOT, enqueue })
if (env.RELAY_STRIPE_SECRET !== undefined)
  stripeRoute(app, { key: env.RELAY_STRIPE_KEY ?? '', secret: env.RELAY_STRIPE_SECRET, enqueue })
app.listen(Number(env.RELAY_PORT), '127.0.0.1', () => process.send?.({ ready: true }))
process.on('disconnect', () => process.exit(0))
