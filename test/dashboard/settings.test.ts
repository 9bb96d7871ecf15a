import { beforeAll, expect, it, vi } from 'vitest'
import { applyText } from '../../src/settings/apply-text.ts'
import { placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile({ story: false })
/** Alone on a machine each takes two or three seconds. */
vi.setConfig({ testTimeout: 90_000 })

const MARKETER = 'mia@example.com'

/** The demo's project is a file's; what is changed here is one that the dashboard manages. */
beforeAll(async () => {
  expect((await dashboard().ask('POST', '/api/projects', { id: 'studio', name: 'Studio' })).status).toBe(200)
}, 120_000)

it('changes the project, says at the field what the hub does not take, and shows all of it as a file', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/studio/settings/project')
  const name = page.getByRole('textbox', { name: 'Name' })
  await name.fill('x'.repeat(201))
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.locator('.mantine-InputWrapper-error').first().waitFor()
  expect(await name.getAttribute('aria-invalid')).toBe('true')
  await name.fill('Studio of Acme')
  await page.getByRole('switch', { name: 'Unknown purchases' }).click({ force: true })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('The project is changed.').waitFor()
  await page.getByRole('button', { name: 'View' }).click()
  await page.getByText('track_unknown_purchases: false').waitFor()
  await expectAccessible()
  expectQuiet({ '/projects/studio': 400 })
})

it('leaves to the file what the file manages, until it is handed over', async () => {
  const file = 'version: 1\nprojects: [{ id: filed, entitlements: { premium: [com.filed.monthly] } }]'
  const { settings } = dashboard().world.hub
  expect(await applyText(settings, file, { dryRun: false, prune: false, adopt: true })).toMatchObject({ applied: true })
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/filed/settings/products')
  await page.getByText('Managed by the config file', { exact: true }).waitFor()
  await page.getByText('com.filed.monthly').waitFor()
  expect(await page.getByRole('button', { name: /^(Add|Edit|Remove)/ }).count()).toBe(0)
  await expectAccessible()
  await go('/filed/settings/project')
  await page.getByRole('button', { name: 'Hand over to the dashboard' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hand it over' }).click()
  await page.getByText('Managed by the config file', { exact: true }).waitFor({ state: 'detached' })
  expect(await page.getByRole('textbox', { name: 'Name' }).isEnabled()).toBe(true)
  expectQuiet()
})

it('adds, renames and removes an entitlement', async () => {
  const { page, go, expectQuiet } = await dashboard().open()
  await go('/studio/settings/products')
  await page.getByRole('button', { name: 'Add an entitlement' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('pro')
  const products = dialog.getByPlaceholder('Type one and press Enter')
  await products.fill('com.studio.monthly')
  await products.press('Enter')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('com.studio.monthly').waitFor()
  await page.getByRole('button', { name: 'Edit pro' }).click()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('premium')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Remove premium' }).click()
  expect(await dialog.textContent()).toContain('com.studio.monthly')
  await dialog.getByRole('button', { name: 'Remove it' }).click()
  await page.getByRole('heading', { name: 'No entitlement yet' }).waitFor()
  expectQuiet()
})

it('keeps rules of its own, with what is wrong at its field', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/studio/settings/money')
  await page.getByRole('button', { name: 'Add a commission rule' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Rate is needed; fill it in.').waitFor()
  await dialog.getByRole('textbox', { name: 'Rate' }).fill('0.15')
  await dialog.getByRole('textbox', { name: 'From' }).fill('2026-02-30')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog
    .getByText(/is no day of the calendar/)
    .first()
    .waitFor()
  await dialog.getByRole('textbox', { name: 'From' }).fill('2026-02-01')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('cell', { name: '15 %' }).waitFor()
  await expectAccessible()
  await page.getByRole('button', { name: 'Remove commission rule 1' }).click()
  expect(await dialog.textContent()).toContain('Rate 15 %')
  await dialog.getByRole('button', { name: 'Remove it' }).click()
  await page.getByRole('cell', { name: '15 %' }).waitFor({ state: 'detached' })
  expectQuiet({ '/projects/studio': 400 })
})

it('shows a key once, and revokes it when asked', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/studio/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Not a name!')
  await dialog.getByRole('button', { name: 'Make the key' }).click()
  await dialog.locator('[aria-invalid="true"]').waitFor()
  await dialog.getByRole('textbox', { name: 'Name' }).fill('backend')
  await dialog.getByRole('button', { name: 'Make the key' }).click()
  const shown = dialog.getByRole('textbox', { name: 'Secret key' })
  await shown.waitFor()
  const key = (await shown.textContent()) ?? ''
  expect(key).toMatch(/^sk_/)
  const read = () =>
    fetch(`${dashboard().address}/api/projects/studio`, { headers: { authorization: `Bearer ${key}` } })
  expect((await read()).status).toBe(200)
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText(`…${key.slice(-4)}`).waitFor()
  expect(await page.content()).not.toContain(key)
  await expectAccessible()
  await page.getByRole('button', { name: 'Revoke backend' }).click()
  await dialog.getByRole('button', { name: 'Revoke the key' }).click()
  await page.getByRole('heading', { name: 'No key yet' }).waitFor()
  expect((await read()).status).toBe(401)
  expectQuiet({ '/keys': 400 })
})

it('invites by a link, changes a role, hides from a marketer what is not theirs, and remembers all of it', async () => {
  const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
  await go('/studio/settings/members')
  await page.getByRole('button', { name: 'Invite' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'E-mail' }).fill(MARKETER)
  await dialog.getByRole('button', { name: 'Invite' }).click()
  const shown = dialog.getByRole('textbox', { name: 'Invitation link' })
  await shown.waitFor()
  const token = ((await shown.textContent()) ?? '').split('#')[1] ?? ''
  await dialog.getByRole('button', { name: 'I have copied it' }).click()
  await page.getByRole('row').filter({ hasText: MARKETER }).waitFor()
  await expectAccessible()
  await accept(token)

  await go('/studio/settings/members')
  await page.getByRole('button', { name: `Remove ${MARKETER}` }).waitFor()
  const marketer = await dashboard().open({ as: MARKETER })
  await marketer.go('/studio/settings/members')
  await marketer.page.getByText('Marketer').first().waitFor()
  expect(await marketer.page.getByRole('button', { name: 'Invite' }).count()).toBe(0)
  expect(await marketer.page.getByRole('tab', { name: 'API keys' }).count()).toBe(0)
  await marketer.go('/studio/stores')
  await marketer.page.getByRole('heading', { name: 'No store yet' }).waitFor()
  expect(await marketer.page.getByRole('button', { name: 'New' }).count()).toBe(0)
  marketer.expectQuiet()

  await page
    .getByRole('combobox', { name: `Role of ${MARKETER}` })
    .or(page.getByLabel(`Role of ${MARKETER}`))
    .first()
    .click()
  await page.getByRole('option', { name: 'Viewer' }).click()
  await page.getByText(`${MARKETER} is viewer now.`).waitFor()
  await go('/studio/settings/audit')
  await page.getByText('marketer → viewer').waitFor()
  await page.getByText('Invite member').first().waitFor()
  await expectAccessible()
  expectQuiet()
})

async function accept(token: string): Promise<void> {
  const { address } = dashboard()
  const answer = await fetch(`${address}/api/links/use`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tributary-request': '1', origin: address },
    body: JSON.stringify({ token, name: 'Mia Sol', password: 'a loud river in spring' }),
  })
  expect(answer.status).toBe(200)
}

const PARTS = ['project', 'products', 'money', 'keys', 'members', 'audit', 'account']

it('fit a phone, and have nothing that axe finds', async () => {
  const { go, expectQuiet, expectAccessible } = await dashboard().open({ width: 390, scheme: 'dark' })
  for (const part of PARTS) {
    await go(`/studio/settings/${part}`)
    await expectAccessible()
  }
  expectQuiet()
})

it('can be looked at', async () => {
  for (const part of PARTS) await takeShots(dashboard(), `settings-${part}`, `/studio/settings/${part}`)
})
