import { type Post, type Scene, scene } from './scene.ts'
import { DEMO_SECRET_KEY } from './secret-key.ts'

/** What an app's own server gives away, and takes back: no store knows of it. */
export function grantScenes(): readonly Scene[] {
  return [
    scene('your server gives Jon a month for nothing', () => [ask('promotional', { duration: 'monthly' })], [
      'non_subscription_purchase',
    ]),
    scene('and takes it back', () => [ask('revoke_promotionals', {})], ['cancellation', 'expiration']),
  ]
}

function ask(call: string, body: object): Post {
  return {
    name: call,
    path: `/v1/subscribers/jon/entitlements/premium/${call}`,
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
}
