import type { Page } from 'playwright-core'
import { expect, it, vi } from 'vitest'
import { DEMO_SECRET_KEY } from '../../src/cli/demo/secret-key.ts'
import { randomOf } from '../seed.ts'
import { HOSTILE } from './hostile.ts'
import { type Place, placeOfFile } from './place.ts'

const dashboard = placeOfFile({ story: false })
const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
vi.setConfig({ testTimeout: FULL ? 1_200_000 : 240_000 })

const NOW = Date.now()

async function post(place: Place, path: string, body: unknown, more: Readonly<Record<string, string>> = {}) {
  const headers = { authorization: `Bearer ${DEMO_SECRET_KEY}`, 'content-type': 'application/json', ...more }
  const answer = await fetch(`${place.address}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, text: await answer.text() }
}

/** An app user id of its own for each, hostile as far as ids may be. */
const idOf = (text: string): string => text.replaceAll('/', '|').slice(0, 90)

/** Customers and attributes, as an app or a backend sends them. Gives how many were taken. */
async function fillCustomers(place: Place): Promise<number> {
  let taken = 0
  for (const [index, text] of HOSTILE.entries()) {
    const path = `/v1/subscribers/${encodeURIComponent(idOf(text))}`
    const value = { value: text, updated_at_ms: NOW }
    const attributes = { $email: value, $displayName: value, [`colour_${index}`]: value, [text.slice(0, 40)]: value }
    const { status, text: said } = await post(
      place,
      `${path}/attributes`,
      { attributes },
      { 'x-platform': text.replace(/[^ -~]/g, '') },
    )
    // What is no address and no good key is refused by itself; the rest is stored.
    if (status === 200 || said.includes('attribute_errors')) taken += 1
  }
  return taken
}

/** Messages of a feed, which may say anything of itself: products, types, countries, offers, offerings, ids. */
async function fillMessages(place: Place): Promise<number> {
  let taken = 0
  for (const [index, text] of HOSTILE.entries()) {
    const event = {
      id: `evt-${index}-${text}`.slice(0, 100),
      type: index % 5 === 4 ? text : 'INITIAL_PURCHASE',
      event_timestamp_ms: NOW,
      app_id: text,
      app_user_id: idOf(text),
      original_app_user_id: idOf(text),
      aliases: [idOf(text)],
      product_id: text,
      period_type: 'NORMAL',
      purchased_at_ms: NOW,
      expiration_at_ms: NOW + 2_592_000_000,
      environment: 'PRODUCTION',
      store: 'APP_STORE',
      transaction_id: `t-${index}-${text}`.slice(0, 100),
      original_transaction_id: `t-${index}-${text}`.slice(0, 100),
      is_family_share: false,
      country_code: 'US',
      offer_code: text,
      presented_offering_id: text,
      currency: 'USD',
      price: 9.99,
      price_in_purchased_currency: 9.99,
      subscriber_attributes: { [text.slice(0, 40)]: { value: text, updated_at_ms: NOW } },
    }
    const { status } = await post(
      place,
      '/notifications/revenuecat/acme/feed',
      { api_version: '1.0', event },
      { authorization: 'Bearer of-the-feed' },
    )
    if (status === 200) taken += 1
  }
  return taken
}

const API = '/api/projects/acme'

/** One text in every field of the settings that takes free text. */
async function enterSettings({ ask }: Place, text: string, index: number): Promise<void> {
  const names = ['renewal', 'cancellation', 'trial_started', 'expiration', 'billing_issue'] as const
  expect((await ask('PATCH', API, { name: text })).status).toBe(200)
  await ask('PATCH', API, { entitlements: { [text.slice(0, 100)]: [text], premium: [text] } })
  await ask('PATCH', '/api/account', { name: text })
  await ask('PATCH', `${API}/integrations/segment`, {
    event_names: Object.fromEntries(names.map((name) => [name, text])),
    settings: { integrations: { [text]: text }, attributes: { exclude: [text] } },
  })
  await ask('PATCH', `${API}/integrations/clevertap`, {
    event_names: Object.fromEntries(names.map((name) => [name, `${text} ${index}`.slice(0, 100)])),
    settings: { attributes: { include: [text] }, wait_for_attribute: { [text]: 1 } },
  })
}

const PATHS = [
  '/acme/overview',
  '/acme/events',
  '/acme/customers',
  '/acme/integrations',
  '/acme/integrations/segment',
  '/acme/integrations/clevertap?tab=errors',
  '/acme/integrations/clevertap?tab=settings',
  '/acme/stores',
  '/acme/stores/feed',
  '/acme/stores/feed?tab=notifications',
  '/acme/settings/project',
  '/acme/settings/products',
  '/acme/settings/money',
  '/acme/settings/keys',
  '/acme/settings/members',
  '/acme/settings/audit',
  '/acme/settings/account',
]

const ONE_TEXT = [
  '/acme/settings/project',
  '/acme/settings/products',
  '/acme/integrations/segment?tab=settings',
  '/acme/integrations/clevertap?tab=settings',
]

const random = randomOf('hostile texts')
const drawn = FULL ? HOSTILE : HOSTILE.filter(() => random() < 0.05).concat(HOSTILE.slice(0, 1))

async function untouched(page: Page, place: Place): Promise<void> {
  expect(await page.evaluate('window.__owned')).toBeUndefined()
  expect(new URL(page.url()).origin).toBe(place.address)
}

it('shows a hundred hostile texts of every stored field as the text that they are', async () => {
  const place = dashboard()
  expect(HOSTILE).toHaveLength(100)
  const { page, go, settled, expectQuiet } = await place.open()
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => page.evaluate('window.__owned = 1')))
  await go('/acme/overview')
  const feed = { authorization: 'Bearer of-the-feed', authority: 'revenuecat' }
  const app = await place.ask('POST', `${API}/apps`, { id: 'feed', store: 'revenuecat', settings: feed })
  expect(app.status).toBe(200)
  place.world.segment.script([{ kind: 'answer', status: 400, body: HOSTILE.slice(0, 20).join('\n') }])
  expect(await fillCustomers(place)).toBeGreaterThan(90)
  expect(await fillMessages(place)).toBeGreaterThan(90)
  await place.world.hub.idle()

  // A field that holds one text is looked at with one after the other.
  for (const text of drawn) {
    await enterSettings(place, text, HOSTILE.indexOf(text))
    for (const path of ONE_TEXT) {
      await go(path)
      await settled()
      await untouched(page, place)
    }
  }
  for (const path of PATHS) {
    await go(path)
    await settled()
    await untouched(page, place)
  }
  const shown = (await page.getByRole('main').textContent()) ?? ''
  expect(shown.length).toBeGreaterThan(50)
  expectQuiet()
})

it('shows each of them on the pages of its customer and its event, and in what is searched and asked', async () => {
  const place = dashboard()
  const { page, go, settled, expectQuiet } = await place.open()
  await go('/acme/events')
  const answer = (await page.evaluate(
    `fetch('${API}/events?limit=200').then((answer) => answer.json()).then(({ items }) => items.map(({ id, app_user_id }) => [id, app_user_id]))`,
  )) as readonly (readonly [string, string])[]
  expect(answer.length).toBeGreaterThan(50)
  const some = FULL ? answer : answer.filter((_, index) => index % 12 === 0)
  for (const [id, customer] of some) {
    await go(`/acme/events/${id}`)
    await settled()
    await go(`/acme/customers/${encodeURIComponent(customer)}`)
    await settled()
    await untouched(page, place)
  }
  for (const text of HOSTILE.filter((_, index) => index % 10 === 0)) {
    const given = encodeURIComponent(text.slice(0, 90))
    await go(`/acme/customers?query=${given}`)
    await go(`/acme/events?product=${given}&customer=${given}`)
    await settled()
    await untouched(page, place)
  }
  expectQuiet()
})
