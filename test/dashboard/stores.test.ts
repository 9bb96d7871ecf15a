import { randomUUID } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { DAY } from '../../src/cli/demo/scene.ts'
import { type Opened, placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile()

/** Alone on a machine each takes two or three seconds. */
vi.setConfig({ testTimeout: 90_000 })

/** A feed's own test message, as its sender posts it. */
async function sendTest(id: string, authorization: string): Promise<number> {
  const event = { type: 'TEST', id: randomUUID(), event_timestamp_ms: Date.now(), environment: 'PRODUCTION' }
  const answer = await fetch(`${dashboard().address}/notifications/revenuecat/acme/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ api_version: '1.0', event: { ...event, app_id: 'app1', store: 'APP_STORE' } }),
  })
  await answer.text()
  return answer.status
}

async function connectFeed({ page, go }: Opened, id: string): Promise<void> {
  await go('/acme/stores/new/revenuecat')
  await page.getByRole('textbox', { name: 'Id' }).first().fill(id)
  await page.getByLabel('Authorization header').first().fill('Bearer of-the-feed')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Waiting for the first notification').waitFor()
}

it('lists the stores with what was last heard, and a row leads to its page', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/acme/stores')
  const row = page.getByRole('row').filter({ hasText: 'ios' })
  await row.waitFor()
  expect(await row.textContent()).toMatch(/ago|now/)
  await expectAccessible()
  await row.getByRole('link').click()
  await page.getByRole('heading', { level: 1, name: 'App Store · ios' }).waitFor()
  await page.getByText('Notifications arrive').waitFor()
  await expectAccessible()
  await page.getByRole('button', { name: 'Check credentials' }).click()
  await page.getByText('Production: accepted').waitFor()
  expectQuiet()
})

it('connects a store step by step, marks what is missing, and turns green by itself', async () => {
  const opened = await dashboard().open()
  const { page, go, expectQuiet, expectAccessible } = opened
  await go('/acme/stores')
  await page.getByRole('button', { name: 'New' }).click()
  await page.getByRole('menuitem', { name: 'App Store' }).click()
  await page.getByRole('heading', { level: 1, name: 'Connect App Store' }).waitFor()
  await page.getByRole('textbox', { name: 'Id' }).first().fill('ios-2')
  await page.getByText('/notifications/app-store/acme/ios-2').first().waitFor()
  await expectAccessible()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Bundle ID is needed; fill it in.').waitFor()
  await page.getByRole('textbox', { name: 'Bundle ID' }).fill('com.acme.second')
  await page.getByRole('textbox', { name: 'Id' }).first().fill('ios')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page
    .getByText(/There is an app ios already/)
    .first()
    .waitFor()

  await connectFeed(opened, 'feed')
  await expectAccessible()
  expect(await sendTest('feed', 'Bearer of-the-feed')).toBe(200)
  await page.getByText('Notifications arrive').waitFor()
  expectQuiet({ '/apps': 409 })
})

it('keeps a secret that is left alone, shows its end only, and removes a store when its name is typed', async () => {
  const opened = await dashboard().open()
  const { page, expectQuiet, expectAccessible } = opened
  await connectFeed(opened, 'passing')
  await page.getByRole('tab', { name: 'Credentials and settings' }).click()
  await page.getByText('feed', { exact: true }).waitFor()
  await page.getByText('More of this app').click()
  await page.getByRole('textbox', { name: 'Events from' }).fill('yesterday')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page
    .getByText(/must be a day/)
    .first()
    .waitFor()
  await page.getByRole('textbox', { name: 'Events from' }).fill('2026-01-01')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page
    .getByText(/is changed\.$/)
    .first()
    .waitFor()
  await expectAccessible()
  // By keyboard: the word that it is saved still stands over the corner.
  await page.getByRole('button', { name: 'Remove this store' }).press('Enter')
  const dialog = page.getByRole('dialog')
  expect(await dialog.getByRole('button', { name: 'Remove this store' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Type passing to go on').fill('passing')
  await dialog.getByRole('button', { name: 'Remove this store' }).click()
  await page.getByRole('heading', { level: 1, name: 'Stores' }).waitFor()
  await page.getByRole('row').filter({ hasText: 'ios' }).first().waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'passing' }).count()).toBe(0)
  expect(await sendTest('passing', 'Bearer of-the-feed')).toBe(404)
  expectQuiet({ '/apps/passing': 400 })
})

it('shows why a message was refused, and takes the topic over that it named', async () => {
  const place = dashboard()
  const { page, go, expectQuiet, expectAccessible } = await place.open()
  await go('/acme/stores/new/amazon')
  await page.getByRole('textbox', { name: 'Id' }).first().fill('tv')
  await page.getByRole('textbox', { name: 'Package name' }).fill('com.acme.app')
  await page.getByLabel('Shared secret').first().fill('2:demo')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Waiting for the first notification').waitFor()
  const { amazon, post } = place.world.stores
  const bought = amazon.subscribe({ product: 'com.acme.premium', term: '1 Month', at: Date.now() - DAY })
  const { headers, body } = post.amazon(bought.opening)
  const answer = await fetch(`${place.address}/notifications/amazon/acme/tv`, { method: 'POST', headers, body })
  expect(answer.status).toBe(403)
  const alert = page.getByRole('alert').filter({ hasText: 'refused' })
  await alert.waitFor()
  expect(await alert.textContent()).toContain(amazon.topic.arn)
  await expectAccessible()
  await page.getByRole('button', { name: 'Take this topic over' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take it over' }).click()
  await page.getByRole('button', { name: 'Take this topic over' }).waitFor({ state: 'detached' })
  await page.getByRole('tab', { name: 'Credentials and settings' }).click()
  expect(await page.getByRole('textbox', { name: 'Topic ARN' }).inputValue()).toBe(amazon.topic.arn)
  expectQuiet()
})

it('lists the messages by status, opens one, and says what running it again would do', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/acme/stores/ios?tab=notifications&status=parked')
  await page.getByRole('heading', { name: 'None of this status' }).waitFor()
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page
    .getByRole('link', { name: /SUBSCRIBED/ })
    .first()
    .click()
  const drawer = page.getByRole('dialog')
  await drawer
    .getByText('signedTransactionInfo')
    .or(drawer.getByText(/"notificationType"/))
    .first()
    .waitFor()
  await drawer.getByRole('button', { name: 'Reprocess' }).click()
  await drawer.getByText('It would add no event and change none.').waitFor()
  await expectAccessible()
  await drawer.getByRole('button', { name: 'Reprocess now' }).click()
  await page.getByText('It was run again and changed nothing.').waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(page.url()).not.toContain('open=')
  expectQuiet()
})

it('plays a purchase where the store is simulated', async () => {
  const { page, go, expectQuiet } = await dashboard().open()
  await go('/acme/stores/ios')
  await page.getByRole('button', { name: 'Play it' }).click()
  await page.getByText(/^Sent /).waitFor()
  await page.getByRole('link', { name: 'See the events' }).click()
  await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor()
  expectQuiet()
})

it('can be looked at', async () => {
  for (const [name, path] of [
    ['stores', '/acme/stores'],
    ['store', '/acme/stores/ios'],
    ['store-notifications', '/acme/stores/ios?tab=notifications'],
    ['store-new', '/acme/stores/new/app_store'],
  ] as const)
    await takeShots(dashboard(), name, path)
})
