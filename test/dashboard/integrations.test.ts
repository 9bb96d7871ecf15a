import { beforeAll, describe, expect, it } from 'vitest'
import { demoStory } from '../../src/cli/demo/story.ts'
import { placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile({ story: false })

/** What CleverTap refuses of the first customer's life. */
const FAILED = 1

/** One life is played, of which CleverTap refuses the first records for good. */
beforeAll(async () => {
  const { world, address } = dashboard()
  world.clevertap.failRecords(FAILED, 513)
  for (const { path, headers, body } of demoStory(world.stores, Date.now())[0]?.send() ?? []) {
    await (await fetch(`${address}${path}`, { method: 'POST', headers, body })).text()
    await world.hub.idle()
  }
}, 60_000)

describe('the pages of integrations', () => {
  it.each([{ width: 390, scheme: 'dark' }] as const)(
    'have nothing that axe finds, $scheme at $width px',
    async (looks) => {
      const { page, go, expectQuiet, expectAccessible } = await dashboard().open(looks)
      const seen = [
        ['/acme/integrations', page.getByRole('article', { name: 'CleverTap clevertap' })],
        ['/acme/integrations/clevertap', page.getByRole('table').getByText('failed').first()],
        ['/acme/integrations/clevertap?tab=errors', page.getByRole('button', { name: 'Retry these' }).first()],
        [
          '/acme/integrations/clevertap?tab=settings',
          page.getByRole('table', { name: 'Names of events in CleverTap' }),
        ],
        ['/acme/integrations/new/segment', page.getByRole('button', { name: 'Add Segment' })],
      ] as const
      for (const [path, ready] of seen) {
        await go(path)
        await ready.waitFor()
        await expectAccessible()
      }
      expectQuiet()
    },
    60_000,
  )
})

describe('a new integration', () => {
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

  it('is deleted after its name was typed, and is gone from the list', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
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
