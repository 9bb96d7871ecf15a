import { expect, it, vi } from 'vitest'
import { makeSetupLink } from '../../src/members/links.ts'
import { createPasswords } from '../../src/members/passwords.ts'
import { eventOf } from './people.ts'
import { type Opened, OWNER, placeOfFile, takeShots } from './place.ts'

/** The whole way of somebody new, on a hub with the demo's data, from the link that the server prints to the audit log. */

const dashboard = placeOfFile({ owner: false })
vi.setConfig({ testTimeout: 180_000 })

const MARKETER = { email: 'mia@example.com', name: 'Mia Sol', password: 'a loud river in spring' }
const NEW_INTEGRATION = 'clevertap-2'

async function setUp({ page }: Opened): Promise<void> {
  const { world, address } = dashboard()
  const deps = { storage: world.hub.storage, passwords: createPasswords(), now: Date.now }
  const path = `/link#${await makeSetupLink(deps)}`
  await takeShots(dashboard(), 'link-setup', path, undefined, null)
  await page.goto(`${address}${path}`)
  await page.getByRole('heading', { level: 1, name: 'Set up this hub' }).waitFor()
  await page.getByLabel('Your name').fill(OWNER.name)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
  await page.locator('button[type="submit"]').click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
}

async function connectStore({ page }: Opened): Promise<void> {
  await page.getByRole('link', { name: 'Stores', exact: true }).click()
  await page.getByRole('button', { name: 'New' }).click()
  await page.getByRole('menuitem', { name: 'App Store' }).click()
  await page.getByRole('textbox', { name: 'Id' }).first().fill('ios-2')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: /^Copy/ }).first().click()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
    `${dashboard().address}/notifications/app-store/acme/ios-2`,
  )
  await page.getByRole('textbox', { name: 'Bundle ID' }).fill('com.acme.app')
  await page.getByRole('textbox', { name: /^Apple ID/ }).fill('123456789')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Waiting for the first notification').waitFor()
}

async function addIntegration({ page }: Opened): Promise<void> {
  const passcode = page.locator('input[name="passcode"]')
  await page.getByRole('link', { name: 'Integrations', exact: true }).click()
  await page.getByRole('button', { name: 'New' }).click()
  await page.getByRole('dialog').getByRole('link', { name: 'CleverTap' }).click()
  await page.getByRole('textbox', { name: 'Account ID', exact: true }).fill('DEMO-PROD')
  await passcode.fill('not-the-passcode')
  await page.getByRole('button', { name: 'Check credentials' }).click()
  await page.getByText('CleverTap refuses the credentials in every region').waitFor()
  await passcode.fill('demo-passcode-production')
  await page.getByRole('button', { name: 'Check credentials' }).click()
  await page.getByText('CleverTap accepts the credentials in Europe (eu1).').waitFor()
  await page.getByRole('button', { name: 'Add CleverTap' }).click()
  await page.getByRole('heading', { level: 1, name: `CleverTap · ${NEW_INTEGRATION}` }).waitFor()
}

/** Gives the customer of the purchase that is simulated at the new store. */
async function buy({ page, go }: Opened, scenario = 'bought-now'): Promise<string> {
  const before = await eventOf(dashboard(), 'limit=1')
  await go('/acme/stores/ios-2')
  const what = page.getByRole('combobox', { name: 'What happens' })
  await what.click()
  await page.getByRole('option', { name: titleOf(scenario) }).click()
  await page.getByRole('button', { name: 'Play it' }).click()
  await page.getByText(/^Sent /).waitFor()
  await dashboard().world.hub.idle()
  const now = await eventOf(dashboard(), 'limit=1')
  expect(now.id).not.toBe(before.id)
  return now.app_user_id
}

function titleOf(name: string): RegExp {
  return new RegExp(`^${name.replaceAll('-', '[- ]')}`, 'i')
}

async function seeItLive(opened: Opened): Promise<void> {
  const { page, go } = opened
  await go('/acme/events')
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
  const other = await dashboard().open()
  const customer = await buy(other)
  await page
    .getByRole('row', { name: new RegExp(customer.slice(0, 12).replaceAll('$', '\\$')) })
    .first()
    .waitFor()
  other.expectQuiet()
}

/** An integration sends what happens after it was made; what is simulated happened three seconds ago. */
async function buyUntilDelivered(opened: Opened): Promise<void> {
  const sent = async (): Promise<number> => {
    await buy(opened)
    const path = `/api/projects/acme/integrations/${NEW_INTEGRATION}/deliveries`
    return (await opened.page.evaluate(
      `fetch('${path}').then((answer) => answer.json()).then(({ items }) => items.length)`,
    )) as number
  }
  await expect.poll(sent, { timeout: 30_000 }).toBeGreaterThan(0)
}

async function openDelivery(opened: Opened): Promise<void> {
  const { page, go } = opened
  await buyUntilDelivered(opened)
  await go(`/acme/integrations/${NEW_INTEGRATION}`)
  const rows = page.getByRole('table', { name: `Deliveries of ${NEW_INTEGRATION}` }).getByRole('link')
  await rows.first().click()
  const drawer = page.getByRole('dialog', { name: 'Delivery' })
  await drawer.getByText('1 attempt').waitFor()
  expect(await drawer.getByRole('region', { name: 'Request' }).textContent()).not.toContain('demo-passcode')
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'hidden' })
}

async function nameEvents({ page, go }: Opened): Promise<void> {
  await go(`/acme/integrations/${NEW_INTEGRATION}?tab=settings`)
  await page.getByRole('switch', { name: 'Use the default event names' }).uncheck()
  await page.getByRole('textbox', { name: 'Name of Renewal in CleverTap' }).fill('Paid again')
  await page.getByRole('switch', { name: 'Send Initial purchase' }).press('Space')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('All is saved.').waitFor()
}

/** The next one is skipped, and the reason stands in one sentence with who and when. */
async function skipNext(opened: Opened): Promise<string> {
  const { page, go } = opened
  const customer = await buy(opened)
  await go(`/acme/integrations/${NEW_INTEGRATION}?status=skipped`)
  await page
    .getByRole('table', { name: `Deliveries of ${NEW_INTEGRATION}` })
    .getByText('skipped')
    .first()
    .waitFor()
  return customer
}

async function askWhy({ page, go }: Opened, customer: string): Promise<void> {
  await go(`/acme/customers/${encodeURIComponent(customer)}`)
  const why = page.getByRole('region', { name: 'Why did this customer not get …?' })
  await why.getByRole('combobox', { name: 'Event' }).click()
  await page.getByRole('option', { name: 'Initial purchase' }).click()
  await why.getByRole('button', { name: 'Ask' }).click()
  await why.getByText(/Initial Purchase is blank in .*since .*, changed by ana@example\.com/).waitFor()
}

async function pauseAndResume({ page, go }: Opened): Promise<void> {
  await go(`/acme/integrations/${NEW_INTEGRATION}`)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await page
    .getByText(/Paused by .*ana@example.com/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
}

async function retryAll(opened: Opened): Promise<void> {
  const { page, go } = opened
  const { world } = dashboard()
  world.clevertap.failRecords(2, 513)
  await buy(opened, 'trial-now')
  await go('/acme/integrations/clevertap?tab=errors')
  await page.getByRole('button', { name: 'Retry all that failed' }).click()
  const dialog = page.getByRole('dialog', { name: 'Retry all that failed?' })
  await dialog.getByRole('button', { name: /^Retry \d+ deliver/ }).click()
  await dialog.getByText(/^Done: \d+ deliver/).waitFor()
  await world.hub.idle()
}

async function grantAndRevoke({ page, go }: Opened): Promise<void> {
  await go('/acme/customers')
  await page.getByRole('searchbox', { name: 'Search customers' }).fill('hug')
  await page.waitForURL(/query=hug/)
  await page.getByRole('table', { name: 'Customers' }).getByRole('link', { name: 'hugo' }).click()
  await page.getByRole('heading', { level: 1, name: 'hugo' }).waitFor()
  const entitlements = page.getByRole('region', { name: 'Entitlements' })
  await entitlements.getByRole('button', { name: 'Grant' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Grant' }).click()
  await page.getByText('premium was granted.').waitFor()
  await entitlements.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke the grants' }).click()
  await page.getByText('One grant was taken back.').waitFor()
}

async function inviteMarketer({ page, go }: Opened): Promise<void> {
  await go('/acme/settings/members')
  await page.getByRole('button', { name: 'Invite' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill(MARKETER.email)
  await dialog.getByRole('button', { name: 'Invite' }).click()
  const shown = dialog.getByRole('textbox', { name: 'Invitation link' })
  await shown.waitFor()
  const link = (await shown.textContent()) ?? ''
  const marketer = await dashboard().open({ as: null })
  await marketer.page.goto(link)
  await marketer.page.getByRole('heading', { level: 1, name: 'You are invited' }).waitFor()
  await marketer.page.getByLabel('Your name').fill(MARKETER.name)
  await marketer.page.getByRole('textbox', { name: 'Password' }).fill(MARKETER.password)
  await marketer.page.locator('button[type="submit"]').click()
  await marketer.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  await marketer.go(`/acme/integrations/${NEW_INTEGRATION}?tab=settings`)
  await marketer.page.getByRole('textbox', { name: 'Name of Renewal in CleverTap' }).fill('Renewed by Mia')
  await marketer.page.getByRole('button', { name: 'Save changes' }).click()
  await marketer.page.getByText('All is saved.').waitFor()
  await marketer.go('/acme/settings/members')
  expect(await marketer.page.getByRole('tab', { name: 'API keys' }).count()).toBe(0)
  marketer.expectQuiet()
}

async function readAudit({ page, go, expectAccessible }: Opened): Promise<void> {
  await go('/acme/settings/audit')
  for (const text of ['ios-2', NEW_INTEGRATION, 'Paid again', 'Renewed by Mia', MARKETER.email]) {
    await page.getByText(text).first().waitFor()
  }
  const said = (await page.getByRole('main').textContent()) ?? ''
  for (const act of [/paus/i, /resum/i, /grant/i, /revoke/i, /replay|retr/i, /invit/i]) expect(said).toMatch(act)
  await expectAccessible()
}

it('goes from the set-up link to the audit log', async () => {
  const opened = await dashboard().open({ as: null })
  await setUp(opened)
  await connectStore(opened)
  await addIntegration(opened)
  await seeItLive(opened)
  await openDelivery(opened)
  await nameEvents(opened)
  const customer = await skipNext(opened)
  await askWhy(opened, customer)
  await pauseAndResume(opened)
  await retryAll(opened)
  await grantAndRevoke(opened)
  await inviteMarketer(opened)
  await readAudit(opened)
  opened.expectQuiet({ '/api/session': 401 })
})
