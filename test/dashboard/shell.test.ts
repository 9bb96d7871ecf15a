import { describe, expect, it } from 'vitest'
import { ANA } from '../../src/cli/demo/app-store.ts'
import { addMember } from './people.ts'
import { OWNER, operatorLink, placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile()

describe('signing in', () => {
  it('leads to the page that was asked for', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open({ as: null })
    await go('/acme/customers?query=ana')
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    await expectAccessible()
    await page.getByLabel('E-mail').fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Customers' }).waitFor()
    expect(page.url()).toContain('/acme/customers?query=ana')
    expectQuiet({ '/api/session': 401 })
  })

  it('says in one sentence why it did not work, and keeps the address that was typed', async () => {
    const { page, go, expectQuiet } = await dashboard().open({ as: null })
    await go('/sign-in')
    await page.getByLabel('E-mail').fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill('not the password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toContain('The e-mail address or the password is wrong')
    expect(await page.getByLabel('E-mail').inputValue()).toBe(OWNER.email)
    expectQuiet({ '/api/session': 401 })
  })

  it('ends where one signs out, and the next page asks again', async () => {
    const { page, go, expectQuiet } = await dashboard().open({ as: null })
    await go('/sign-in')
    await page.getByLabel('E-mail').fill(OWNER.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.getByRole('button', { name: 'Account and theme' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    await go('/acme/overview')
    expect(new URL(page.url()).pathname).toBe('/sign-in')
    expectQuiet({ '/api/session': 401 })
  })

  it.each([
    ['was used', 'x'.repeat(43), 404],
    ['was cut', 'x'.repeat(5), 400],
  ])('leaves a link that %s with a sentence', async (_, token, status) => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open({ as: null })
    await go(`/link#${token}`)
    await page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor()
    await expectAccessible()
    expectQuiet({ '/api/links/look': status })
  })
})

describe('a link of the operator', () => {
  it('takes a new password, which then signs in', async () => {
    const email = 'locked-out@example.com'
    const password = 'a third quiet river'
    await addMember(dashboard(), email, 'viewer')
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open({ as: null })
    await go(`/link#${await operatorLink(dashboard(), email)}`)
    await page.getByRole('heading', { level: 1, name: 'Set a new password' }).waitFor()
    const field = page.getByRole('textbox', { name: 'New password' })
    await field.waitFor()
    await expectAccessible()
    await field.fill('too short')
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByText(/^has 9 characters; take at least 12/).waitFor()
    await field.fill(password)
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    expectQuiet({ '/api/links/use': 400 })
    const again = await dashboard().open({ as: null })
    await again.go('/sign-in')
    await again.page.getByLabel('E-mail').fill(email)
    await again.page.getByRole('textbox', { name: 'Password' }).fill(password)
    await again.page.keyboard.press('Enter')
    await again.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  })
})

describe('the shell', () => {
  it.each([
    { width: 1280, scheme: 'light' },
    { width: 1280, scheme: 'dark' },
    { width: 390, scheme: 'light' },
    { width: 390, scheme: 'dark' },
  ] as const)('has nothing that axe finds, $scheme at $width px', async (looks) => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open(looks)
    await go('/acme/overview')
    await page.getByRole('heading', { name: 'Delivery' }).waitFor()
    await expectAccessible()
    expectQuiet()
  })

  it('follows the choice of a theme, and remembers it', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
    await go('/acme/overview')
    expect(await scheme()).toBe('light')
    await page.getByRole('button', { name: 'Account and theme' }).click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    expect(await scheme()).toBe('dark')
    await go('/acme/overview')
    expect(await scheme()).toBe('dark')
    expectQuiet()
  })

  it('holds the environment in the address and remembers it', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/overview')
    expect(page.url()).toContain('environment=production')
    await page.getByText('Sandbox', { exact: true }).click()
    await page.waitForURL(/environment=sandbox/)
    await page.getByRole('link', { name: 'Events' }).click()
    await page.waitForURL(/\/acme\/events\?.*environment=sandbox/)
    await go('/acme/customers')
    expect(page.url()).toContain('environment=sandbox')
    expectQuiet()
  })

  it('has its menu behind a button on a phone, closed again by the next page', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open({ width: 390 })
    await go('/acme/overview')
    const link = page.getByRole('link', { name: 'Integrations', exact: true })
    expect(await link.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Open the menu' }).click()
    await link.waitFor()
    await expectAccessible()
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Integrations' }).waitFor()
    await link.waitFor({ state: 'hidden' })
    expectQuiet()
  })

  it('says that there is nothing where there is nothing', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    for (const path of ['/nobody/overview', '/acme/nothing', '/a/b/c/d']) {
      await go(path)
      await page.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor()
    }
    expectQuiet()
  })

  it('says so when the hub does not answer, and goes on when it does', async () => {
    const { page, go } = await dashboard().open()
    await go('/acme/events')
    await page.route('**/api/**', (route) => route.abort('connectionrefused'))
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.getByText('The hub does not answer', { exact: true }).first().waitFor({ timeout: 15_000 })
    await page.unroute('**/api/**')
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByRole('heading', { name: 'Delivery' }).waitFor()
  })
})

describe('by keyboard', () => {
  it('skips to the page first', async () => {
    const { page, go } = await dashboard().open()
    await go('/acme/overview')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the page')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('main')
  })

  it('goes to pages with g and a letter, but not while somebody writes', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/overview')
    await page.getByRole('heading', { name: 'Delivery' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.getByRole('heading', { level: 1, name: 'Stores' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type('go')
    expect(new URL(page.url()).pathname).toBe('/acme/stores')
    expectQuiet()
  })

  it('opens the palette, finds a page, and goes there', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
    await go('/acme/overview')
    await page.keyboard.press('Control+k')
    const line = page.locator('[role=combobox]:focus')
    await line.waitFor()
    await expectAccessible()
    await page.keyboard.type('integr')
    await page.getByRole('option', { name: /Integrations/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Integrations' }).waitFor()
    await line.waitFor({ state: 'hidden' })
    expectQuiet()
  })
})

describe('why somebody did not get an event', () => {
  it('is answered from the keyboard alone, one sentence for each integration', async () => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open()
    await go('/acme/overview')
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type(`why did ${ANA} not get subscription paused?`)
    await page.getByRole('option', { name: /^Why did/ }).waitFor()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Customer').waitFor()
    expect(await dialog.getByLabel('Customer').inputValue()).toBe(ANA)
    for (const integration of ['segment', 'clevertap']) await dialog.getByText(integration, { exact: true }).waitFor()
    await expectAccessible()
    expectQuiet()
  })
})

describe('the pages of the shell', () => {
  it('are pictured where that is asked for', async () => {
    await takeShots(dashboard(), 'overview', '/acme/overview?hours=720', (page) =>
      page.locator('canvas').nth(1).waitFor(),
    )
    await takeShots(dashboard(), 'account', '/acme/settings/account')
    const invited = await dashboard().ask('POST', '/api/projects/acme/invitations', {
      email: 'noa@example.com',
      role: 'marketer',
    })
    const { link } = (await invited.json()) as { readonly link: string }
    const paths = {
      'sign-in': '/sign-in',
      'link-invitation': `/link${new URL(link).hash}`,
      'link-password': `/link#${await operatorLink(dashboard(), OWNER.email)}`,
      'link-over': '/link#nothing',
    }
    for (const [name, path] of Object.entries(paths)) await takeShots(dashboard(), name, path, undefined, null)
  }, 120_000)
})
