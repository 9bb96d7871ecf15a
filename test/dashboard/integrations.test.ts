import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { DEMO_SECRET_KEY } from '../../src/cli/demo/secret-key.ts'
import { demoStory } from '../../src/cli/demo/story.ts'
import { type Place, placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile({ story: false })

/** What CleverTap refuses of the first customer's life. */
const FAILED = 3

/** The beginning of a life is played, of which CleverTap refuses the first records for good. */
beforeAll(async () => {
  const { world, address } = dashboard()
  world.clevertap.failRecords(FAILED, 513)
  for (const scene of demoStory(world.stores, Date.now()).slice(0, FAILED))
    for (const { path, headers, body } of scene.send()) {
      await (await fetch(`${address}${path}`, { method: 'POST', headers, body })).text()
      await world.hub.idle()
    }
}, 60_000)

const headers = { authorization: `Bearer ${DEMO_SECRET_KEY}`, 'content-type': 'application/json' }

/** As a backend asks it. */
async function asked<T>({ address }: Place, path: string, changes: object | null = null): Promise<T> {
  const change = changes === null ? {} : { method: 'PATCH', body: JSON.stringify(changes) }
  const answer = await fetch(`${address}/api/projects/acme${path}`, { headers, ...change })
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}

/** Somebody of the app's server gives a customer a month: one event. */
async function grant({ address, world }: Place, customer: string): Promise<void> {
  const path = `/v1/subscribers/${customer}/entitlements/premium/promotional`
  const body = JSON.stringify({ duration: 'monthly' })
  expect((await fetch(`${address}${path}`, { method: 'POST', headers, body })).ok).toBe(true)
  await world.hub.idle()
}

async function counts(place: Place, id: string): Promise<Readonly<Record<string, number>>> {
  return (await asked<{ readonly deliveries: Readonly<Record<string, number>> }>(place, `/integrations/${id}`))
    .deliveries
}

async function fillCredentials(page: Page, passcode: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Account ID', exact: true }).fill('DEMO-PROD')
  await page.locator('input[name="passcode"]').fill(passcode)
}

describe('the pages of integrations', () => {
  it('have nothing that axe finds, light and wide or dark and narrow', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
    const seen = [
      ['/acme/integrations', page.getByRole('article', { name: 'CleverTap clevertap' })],
      ['/acme/integrations/clevertap', page.getByRole('table').getByText('failed').first()],
      ['/acme/integrations/clevertap?tab=errors', page.getByRole('button', { name: 'Retry these' }).first()],
      ['/acme/integrations/clevertap?tab=settings', page.getByRole('table', { name: 'Names of events in CleverTap' })],
      ['/acme/integrations/new/segment', page.getByRole('button', { name: 'Add Segment' })],
    ] as const
    for (const [path, ready] of seen) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.emulateMedia({ colorScheme: 'light' })
      await go(path)
      await ready.waitFor()
      await expectAccessible()
      await page.setViewportSize({ width: 390, height: 844 })
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
      await expectAccessible()
    }
    expectQuiet()
  }, 60_000)
})

describe('a new integration', () => {
  it('is chosen, checked, tried and saved; the wrong passcode says in plain words what is wrong', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/integrations')
    await page.getByRole('button', { name: 'New' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'CleverTap' }).click()
    await page.getByRole('heading', { level: 1, name: 'New integration with CleverTap' }).waitFor()
    await page.getByRole('button', { name: 'Add CleverTap' }).click()
    await page.getByText('This is missing: Passcode.').waitFor()
    expect(await page.locator(':focus').getAttribute('name')).toBe('account_id')

    await fillCredentials(page, 'not-the-passcode')
    await page.getByRole('button', { name: 'Check credentials' }).click()
    await page.getByText('CleverTap refuses the credentials in every region').waitFor()
    await fillCredentials(page, 'demo-passcode-production')
    await page.getByRole('button', { name: 'Check credentials' }).click()
    await page.getByText('CleverTap accepts the credentials in Europe (eu1).').waitFor()

    await page.getByRole('textbox', { name: 'App user id' }).fill('someone-of-mine')
    await page.getByRole('button', { name: 'Send test event' }).click()
    await page.getByText('CleverTap took the test event.').waitFor()
    expect(await page.getByRole('region', { name: /^Sent: POST/ }).textContent()).toContain('someone-of-mine')
    await page.getByRole('button', { name: 'Add CleverTap' }).click()
    await page.getByRole('heading', { level: 1, name: 'CleverTap · clevertap-2' }).waitFor()
    await page.getByText('Nothing was sent yet').waitFor()
    // It is at the same account: what the other tests send shall arrive there once.
    await asked(dashboard(), '/integrations/clevertap-2', { enabled: false })
    expectQuiet({ '/acme/integrations': 400 })
  })

  it('is unconfirmed until somebody saw a test event, where the destination does not tell', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/integrations/new/segment')
    await page.locator('input[name="write_key"]').fill('demo-write-key-production')
    await page.getByRole('button', { name: 'Add Segment' }).click()
    await page.getByText('unconfirmed').waitFor()
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Send test event' }).click()
    await page.getByRole('button', { name: 'I saw it in Segment' }).click()
    await page.getByText('unconfirmed').waitFor({ state: 'hidden' })
    expectQuiet()
  })

  it('is not left by accident', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/integrations/new/segment')
    await page.locator('input[name="write_key"]').fill('abc')
    await page.getByRole('link', { name: 'Events', exact: true }).click()
    const question = page.getByRole('dialog', { name: 'Leave without saving?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    await question.waitFor({ state: 'hidden' })
    expect(await page.locator('input[name="write_key"]').inputValue()).toBe('abc')
    await page.getByRole('link', { name: 'Events', exact: true }).click()
    await question.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor()
    expectQuiet()
  })
})

describe('the names of events', () => {
  it('are changed and switched off one by one, and refused at their field', async () => {
    const place = dashboard()
    const { page, go, expectQuiet } = await place.open()
    await go('/acme/integrations/clevertap?tab=settings')
    await page.getByRole('switch', { name: 'Use the default event names' }).uncheck()
    const name = page.getByRole('textbox', { name: 'Name of Renewal in CleverTap' })
    expect(await name.getAttribute('placeholder')).toBe('rc_renewal_event')
    await name.fill('Notification Clicked')
    await page.getByRole('switch', { name: 'Send Trial cancelled' }).press('Space')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    await name.fill('Paid again')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('All is saved.').waitFor()
    const saved = await asked<{ readonly event_names: object }>(place, '/integrations/clevertap')
    expect(saved.event_names).toEqual({ renewal: 'Paid again', trial_cancelled: '' })
    expectQuiet({ '/integrations/clevertap': 400 })
  })
})

describe('an integration', () => {
  it('pauses and goes on where somebody says so, and says who paused it', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/integrations/segment')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('dialog', { name: 'Pause segment?' }).getByRole('button', { name: 'Pause' }).click()
    await page
      .getByText(/Paused by .*ana@example.com/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('dialog', { name: 'Resume segment?' }).getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    expectQuiet()
  })

  it('shows each delivery with its requests, and filters by what the address holds', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
    await go('/acme/integrations/clevertap?status=failed')
    const rows = page.getByRole('table', { name: 'Deliveries of clevertap' }).getByRole('link')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(FAILED)
    await rows.first().click()
    const drawer = page.getByRole('dialog', { name: 'Delivery' })
    await drawer.getByText('1 attempt').waitFor()
    await drawer
      .getByText(/^513: /)
      .first()
      .waitFor()
    await expectAccessible()
    expect(await drawer.getByRole('region', { name: 'Request' }).textContent()).not.toContain('demo-passcode')
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    expect(page.url()).toContain('status=failed')
    expectQuiet()
  })

  it('groups what failed by its reason, and sends it again after a count', async () => {
    const place = dashboard()
    const { page, go, expectQuiet } = await place.open()
    const before = await counts(place, 'clevertap')
    expect(before.failed).toBe(FAILED)
    await go('/acme/integrations/clevertap?tab=errors')
    await page.getByRole('article', { name: /^513: .*: 3$/ }).waitFor()
    await page.getByRole('button', { name: 'Retry all that failed' }).click()
    const dialog = page.getByRole('dialog', { name: 'Retry all that failed?' })
    await dialog.getByText(`${FAILED} deliveries to CleverTap will be sent again`).waitFor()
    await dialog.getByRole('button', { name: `Retry ${FAILED} deliveries` }).click()
    await dialog.getByText(`Done: ${FAILED} deliveries wait to be sent again.`).waitFor()
    await place.world.hub.idle()
    expect(await counts(place, 'clevertap')).toMatchObject({ failed: 0 })
    expectQuiet()
  })

  it('asks a person what became of it, where an answer was lost', async () => {
    const place = dashboard()
    const { clevertap } = place.world
    await asked(place, '/integrations/clevertap', { settings: { when_unknown: 'hold' } })
    const { failed = 0 } = await counts(place, 'clevertap')
    clevertap.always({ kind: 'cut_after' })
    for (const customer of ['lost-1', 'lost-2']) await grant(place, customer)
    // The second waits a little: a lost answer slows the channel down.
    await expect.poll(async () => (await counts(place, 'clevertap')).failed, { timeout: 20_000 }).toBe(failed + 2)
    clevertap.always(null)
    const { page, go, expectQuiet } = await place.open()
    await go('/acme/integrations/clevertap?status=failed&reason=outcome_unknown')
    const rows = page.getByRole('table', { name: 'Deliveries of clevertap' }).getByRole('link')
    const drawer = page.getByRole('dialog', { name: 'Delivery' })

    await page
      .getByRole('row', { name: /lost-1/ })
      .getByRole('link')
      .first()
      .click()
    await drawer.getByText('nobody knows whether it arrived').first().waitFor()
    await drawer.getByRole('button', { name: 'It arrived' }).click()
    await drawer.getByRole('button', { name: 'It arrived' }).waitFor({ state: 'hidden' })
    await drawer.getByText('delivered', { exact: true }).first().waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })

    await rows.first().click()
    await drawer.getByText('lost-2').first().waitFor()
    await drawer.getByRole('button', { name: 'Send it again' }).click()
    await drawer.getByRole('button', { name: 'Send it again' }).waitFor({ state: 'hidden' })
    await drawer.getByText('delivered', { exact: true }).first().waitFor({ timeout: 30_000 })
    expect(clevertap.byCustomer('lost-1')).toHaveLength(1)
    expect(clevertap.byCustomer('lost-2')).toHaveLength(2)
    expectQuiet()
  }, 60_000)

  it('is deleted after its name was typed, and is gone from the list', async () => {
    const place = dashboard()
    const { page, go, expectQuiet } = await place.open()
    await go('/acme/integrations/segment')
    await page.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete the integration segment?' })
    expect(await dialog.getByRole('button', { name: 'Delete the integration' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('segment')
    await dialog.getByRole('button', { name: 'Delete the integration' }).click()
    await page.getByRole('heading', { level: 1, name: 'Integrations' }).waitFor()
    await page.getByRole('article', { name: 'Segment segment', exact: true }).waitFor({ state: 'hidden' })
    expectQuiet({ '/integrations/segment': 404 })
  })
})

describe('pictures', () => {
  it('are taken where that is asked for', async () => {
    await takeShots(dashboard(), 'integrations', '/acme/integrations')
    await takeShots(dashboard(), 'integration', '/acme/integrations/clevertap')
    await takeShots(dashboard(), 'integration-errors', '/acme/integrations/clevertap?tab=errors')
    await takeShots(dashboard(), 'integration-settings', '/acme/integrations/clevertap?tab=settings')
    await takeShots(dashboard(), 'integration-new', '/acme/integrations/new/segment')
  }, 240_000)
})
