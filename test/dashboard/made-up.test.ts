import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_SECRET_KEY } from '../../src/cli/demo/secret-key.ts'
import { pigeonPost, startPigeonLoft, TOKEN } from '../http/made-up.ts'
import { placeOfFile } from './place.ts'

/** A destination of which the dashboard has never heard: all of its form comes from what it declares. */

const loft = await startPigeonLoft()
afterAll(() => loft.close())
const dashboard = placeOfFile({ story: false, destinations: [pigeonPost(loft.url)] })

describe('a destination that nobody wrote dashboard code for', () => {
  it('has its form drawn, validated at the field, checked, tried, saved and listed', async () => {
    const { world, address, open } = dashboard()
    const { page, go, expectQuiet, expectAccessible } = await open()
    await go('/acme/integrations')
    await page.getByRole('button', { name: 'New' }).click()
    const choice = page.getByRole('dialog').getByRole('article').filter({ hasText: 'Pigeon Post' })
    expect(await choice.textContent()).toContain('You need: Token')
    await choice.getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: 'New integration with Pigeon Post' }).waitFor()
    await page.getByText('Around the leg of the bird.').waitFor()
    expect(await page.getByRole('switch', { name: 'Sandbox' }).count()).toBe(1)
    await expectAccessible()

    const token = page.locator('input[name="token"]')
    await token.fill('no token')
    await page.getByRole('button', { name: 'Add Pigeon Post' }).click()
    await page.locator('input[name="token"][aria-invalid="true"]').waitFor()
    expect(await page.locator(':focus').getAttribute('name')).toBe('token')

    await token.fill(TOKEN)
    await page.getByRole('button', { name: 'Check credentials' }).click()
    await page.getByText(/^The loft says: nobody knows/).waitFor()
    await page.getByRole('button', { name: 'Use South' }).click()
    await page.getByText('The loft knows the bird.').waitFor()

    await page.getByRole('switch', { name: 'Use the default event names' }).uncheck()
    await page.getByRole('textbox', { name: 'Name of Renewal in Pigeon Post' }).fill('far longer than a pigeon carries')
    await page.getByRole('button', { name: 'Add Pigeon Post' }).click()
    await page.getByText('A pigeon carries 20 characters; shorten the name.').first().waitFor()
    await page.getByRole('textbox', { name: 'Name of Renewal in Pigeon Post' }).fill('coo')

    await page.getByRole('combobox', { name: 'Event' }).click()
    await page.getByRole('option', { name: 'Renewal' }).click()
    await page.getByRole('button', { name: 'Send test event' }).click()
    await page.getByText('Pigeon Post took the test event.').waitFor()
    expect(loft.letters).toMatchObject([{ name: 'coo' }])

    await page.getByRole('button', { name: 'Add Pigeon Post' }).click()
    await page.getByRole('heading', { level: 1, name: 'Pigeon Post' }).waitFor()
    await page.getByRole('link', { name: 'Integrations', exact: true }).last().click()
    await page.getByRole('article', { name: 'Pigeon Post pigeon' }).getByText('sending').waitFor()

    const headers = { authorization: `Bearer ${DEMO_SECRET_KEY}` }
    const answer = await fetch(`${address}/api/projects/acme/integrations/pigeon`, { headers })
    const saved: unknown = await answer.json()
    expect(saved).toMatchObject({ settings: { loft: 'south' }, event_names: { renewal: 'coo' } })
    expect(JSON.stringify(saved)).not.toContain(TOKEN)
    expect(world.hub.settings.current().integration('acme', 'pigeon')?.settings.token).toBe(TOKEN)
    expectQuiet({ '/acme/integrations': 400 })
  }, 60_000)
})
