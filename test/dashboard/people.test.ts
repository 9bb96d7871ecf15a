import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { PATIENT } from '../patience.ts'
import { addMember, eventOf, eventsOf, grant, makeKnown } from './people.ts'
import { placeOfFile, takeShots } from './place.ts'

const dashboard = placeOfFile()
const LOOKS = [
  { width: 1280, scheme: 'light' },
  { width: 390, scheme: 'dark' },
] as const

describe('the events', () => {
  it('come in live, are held back while it is paused, and are counted', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/events')
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
    await grant(dashboard(), 'live-one')
    await page.getByRole('row', { name: /live-one/ }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('status').getByText('Paused').waitFor()
    await grant(dashboard(), 'live-two')
    const arrived = page.getByRole('button', { name: /^1 new/ })
    await arrived.waitFor()
    expect(await page.getByRole('row', { name: /live-two/ }).count()).toBe(0)
    await arrived.click()
    await page.getByRole('row', { name: /live-two/ }).waitFor()
    const first = page.getByRole('table', { name: 'Events' }).getByRole('row').nth(1)
    expect(await first.textContent()).toContain('live-two')
    expectQuiet()
  })

  it('are filtered by the address, in plain words, and lead to the whole event', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/events')
    await page.getByRole('combobox', { name: 'Event', exact: true }).click()
    await page.getByRole('option', { name: 'Renewal' }).click()
    await page.waitForURL(/type=renewal/)
    const wanted = await eventsOf(dashboard(), 'type=renewal&environment=production')
    const rows = page.getByRole('table', { name: 'Events' }).getByRole('row', { name: /Renewal/ })
    await expect.poll(() => rows.count(), PATIENT).toBe(wanted.length)
    await page.getByRole('textbox', { name: 'Customer' }).fill('hugo')
    await page.waitForURL(/customer=hugo/)
    await expect.poll(() => rows.count(), PATIENT).toBe(1)
    await page.reload()
    await rows.getByRole('link').first().click()
    await page.getByRole('heading', { level: 1, name: /^Renewal · prod_premium · / }).waitFor()
    await go('/acme/events?product=nothing')
    await page.getByRole('heading', { name: 'No event matches' }).waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.getByRole('table', { name: 'Events' }).waitFor()
    expectQuiet()
  })

  it.each(LOOKS)('have nothing that axe finds, $scheme at $width px', async (looks) => {
    const { id } = await eventOf(dashboard(), 'type=renewal&customer=hugo')
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open(looks)
    await go('/acme/events')
    await page.getByRole('table', { name: 'Events' }).waitFor()
    await expectAccessible()
    await go(`/acme/events/${id}`)
    await page
      .getByRole('button', { name: /^Answer 200/ })
      .first()
      .click()
    await page.getByLabel('Request', { exact: true }).first().waitFor()
    await expectAccessible()
    expectQuiet()
  })
})

describe('an event', () => {
  it('shows its money, its message, its deliveries and what was sent', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    const { id } = await eventOf(dashboard(), 'type=renewal&customer=hugo')
    await go(`/acme/events/${id}`)
    await page.getByText('Commission, 2.9 %').waitFor()
    await page.getByText('invoice.paid').waitFor()
    await page.getByRole('button', { name: 'Show the message' }).click()
    await page.getByLabel('Message', { exact: true }).getByText('"invoice.paid"').waitFor()
    const delivery = page.getByRole('region', { name: 'Delivery to segment' })
    await delivery.getByText('delivered').first().waitFor()
    await delivery.getByRole('button', { name: /^Answer 200/ }).click()
    await delivery.getByLabel('Request', { exact: true }).getByText('"POST"').waitFor()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy as cURL' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(
      new RegExp(`^curl -H 'Authorization: Bearer sk_…' 'http.*/api/projects/acme/events/${id}'$`),
    )
    await page.getByRole('link', { name: 'hugo' }).click()
    await page.getByRole('heading', { level: 1, name: 'hugo' }).waitFor()
    expectQuiet()
  })

  it('that was refused says why and what to do, and is sent again with one button', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    const { world } = dashboard()
    world.clevertap.answerNext({ match: ({ type }) => type === 'event', code: 513 })
    await grant(dashboard(), 'refused-one')
    await world.hub.idle()
    const { id } = await eventOf(dashboard(), 'customer=refused-one')
    await go(`/acme/events/${id}`)
    const delivery = page.getByRole('region', { name: 'Delivery to clevertap' })
    await delivery.getByText('failed').first().waitFor()
    await delivery.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('It waits to be sent again.').waitFor()
    await delivery.getByText('delivered').first().waitFor()
    expect(await delivery.getByRole('button', { name: 'Retry' }).count()).toBe(0)
    expectQuiet()
  })

  it('that an integration never got says why of this very event, though a newer one of its kind arrived', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    const { id: older } = await eventOf(dashboard(), 'type=renewal&customer=hugo')
    await page.route(/\/api\/projects\/acme\/events\/evt_[^/]*$/, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...(await answer.json()), deliveries: [], attempts: [] } })
    })
    const asked = page.waitForRequest((request) => new URL(request.url()).pathname.endsWith('/why'))
    await go(`/acme/events/${older}`)
    const query = new URL((await asked).url()).searchParams
    expect(query.get('event_id')).toBe(older)
    expect(query.has('customer')).toBe(false)
    await page.getByRole('region', { name: 'Delivery to segment' }).getByText('Accepted by Segment on').waitFor()
    expectQuiet()
  })

  it('that is not there says so', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/events/evt_nothing')
    await page.getByRole('heading', { name: 'There is no such event' }).waitFor()
    expectQuiet({ '/events/evt_nothing': 404 })
  })
})

describe('the customers', () => {
  it('are found by the beginning of an id, which the address holds', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/customers')
    const table = page.getByRole('table', { name: 'Customers' })
    await table.getByRole('link', { name: 'hugo' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search customers' }).fill('hug')
    await page.waitForURL(/query=hug/)
    await expect.poll(() => table.getByRole('row').count(), PATIENT).toBe(2)
    await page.getByRole('searchbox', { name: 'Search customers' }).fill('nobody at all')
    await page.getByRole('heading', { name: 'Nobody matches' }).waitFor()
    await page.getByRole('button', { name: 'Clear the search' }).click()
    await table.getByRole('link', { name: 'hugo' }).click()
    await page.getByText('Became a paying subscriber of prod_premium').waitFor()
    await page.getByRole('link', { name: 'Started a trial of prod_premium' }).click()
    await page.getByRole('heading', { level: 1, name: /^Trial started/ }).waitFor()
    await go('/acme/customers/who-is-this')
    await page.getByRole('heading', { name: 'Nobody has this id' }).waitFor()
    expectQuiet({ '/customers/who-is-this': 404 })
  })

  it('are listed to the last one, however many, with the rows of the window only', async () => {
    const many = Array.from({ length: 240 }, (_, n) => `crowd-${String(n).padStart(3, '0')}`)
    await Promise.all(many.map((id) => makeKnown(dashboard(), id)))
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/customers?query=crowd-')
    const rows = page.getByRole('rowgroup').getByRole('row')
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 4_000)
        return rows.last().getAttribute('aria-rowindex')
      }, PATIENT)
      .toBe('241')
    await page.getByText('That is all: 240.').waitFor()
    expect(await rows.count()).toBeLessThan(120)
    await page.mouse.wheel(0, -100_000)
    await expect.poll(() => rows.first().getAttribute('aria-rowindex'), PATIENT).toBe('2')
    // The arrow keys go on where rows were not there when they were first pressed.
    await rows.first().getByRole('link').focus()
    for (let n = 0; n < 100; n += 1) await page.keyboard.press('ArrowDown')
    const place = await page.evaluate("document.activeElement?.closest('[role=row]')?.ariaRowIndex")
    expect(Number(place)).toBeGreaterThan(70)
    expectQuiet()
  })

  it('are found by what somebody types into the address, digit by digit and word by word', async () => {
    const digits = '2000000123456789012'
    for (const id of [digits, 'true']) await grant(dashboard(), id)
    const bought = await eventsOf(dashboard(), 'type=renewal&customer=hugo')
    const { page, go, expectQuiet } = await dashboard().open()
    const table = page.getByRole('table', { name: 'Customers' })
    const typed: readonly (readonly [query: string, customer: string])[] = [
      [digits, digits],
      ['true', 'true'],
      [String(bought[0]?.transaction_id), 'hugo'],
    ]
    for (const [query, customer] of typed) {
      await go(`/acme/customers?query=${query}`)
      for (const _ of ['at first', 'once it is loaded again']) {
        await table.getByRole('link', { name: customer, exact: true }).waitFor()
        await expect.poll(() => table.getByRole('row').count(), PATIENT).toBe(2)
        expect(await page.getByRole('searchbox', { name: 'Search customers' }).inputValue()).toBe(query)
        expect(new URL(page.url()).searchParams.get('query')).toBe(query)
        await page.reload()
      }
    }
    await go('/acme/overview?hours=168')
    expect(await page.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true)
    expectQuiet()
  })

  it('are granted an entitlement and lose it again', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/customers/eva')
    const entitlements = page.getByRole('region', { name: 'Entitlements' })
    await entitlements.getByRole('button', { name: 'Grant' }).click()
    const dialog = page.getByRole('dialog', { name: 'Grant an entitlement' })
    await dialog.getByRole('combobox', { name: 'Lasts' }).click()
    await page.getByRole('option', { name: 'For ever' }).click()
    await dialog.getByRole('button', { name: 'Grant' }).click()
    await page.getByText('premium was granted.').waitFor()
    await page.getByText('Was granted premium for ever').waitFor()
    await entitlements.getByRole('button', { name: 'Revoke' }).click()
    const asked = page.getByRole('dialog', { name: 'Revoke premium?' })
    await asked.getByText('All grants of premium that eva has').waitFor()
    await asked.getByRole('button', { name: 'Revoke the grants' }).click()
    await page.getByText('One grant was taken back.').waitFor()
    await entitlements.getByRole('button', { name: 'Revoke' }).waitFor({ state: 'detached' })
    expectQuiet()
  })

  it('have attributes that are added, changed, refused at their field, and deleted', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/customers/finn')
    const attributes = page.getByRole('region', { name: 'Attributes' })
    await attributes.getByRole('button', { name: 'Add' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('$nothing')
    await dialog.getByLabel('Value').fill('blue')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog
      .getByText(/\$nothing|reserved/)
      .last()
      .waitFor()
    await dialog.getByLabel('Name').fill('colour')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('colour is stored.').waitFor()
    await attributes.getByRole('button', { name: 'Edit colour' }).click()
    await dialog.getByLabel('Value').fill('green')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Attribute colour changed to green').waitFor()
    await attributes.getByRole('button', { name: 'Delete colour' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the attribute' }).click()
    await page.getByText('Attribute colour was deleted').waitFor()
    expectQuiet()
  })

  it('have an answer to why they did not get an event', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await go('/acme/customers/hugo')
    const why = page.getByRole('region', { name: 'Why did this customer not get …?' })
    await why.getByRole('combobox', { name: 'Event' }).click()
    await page.getByRole('option', { name: 'Product change' }).click()
    await why.getByRole('button', { name: 'Ask' }).click()
    await why
      .getByText(/There is no Product Change of hugo/i)
      .first()
      .waitFor()
    await why.getByRole('combobox', { name: 'Event' }).click()
    await page.getByRole('option', { name: 'Renewal' }).click()
    await why.getByRole('button', { name: 'Ask' }).click()
    await why.getByRole('link', { name: 'Open the event' }).first().click()
    await page.getByRole('heading', { level: 1, name: /^Renewal/ }).waitFor()
    expectQuiet()
  })

  it('are exported as a file, and erased once their id is typed', async () => {
    const { page, go, expectQuiet } = await dashboard().open()
    await grant(dashboard(), 'to-be-erased')
    await go('/acme/customers/to-be-erased')
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ])
    expect(saved.suggestedFilename()).toBe('customer-to-be-erased.json')
    const document: unknown = JSON.parse(await text(await saved.createReadStream()))
    expect(document).toMatchObject({ customer: { original_app_user_id: 'to-be-erased' } })
    await page.getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Erase this person?' })
    const act = dialog.getByRole('button', { name: 'Erase the person' })
    expect(await act.isDisabled()).toBe(true)
    await dialog.getByLabel('Type to-be-erased to go on').fill('to-be-erased')
    await act.click()
    await page.getByText('The person is erased').waitFor()
    await page.waitForURL(/\/acme\/customers\?/)
    await go('/acme/customers/to-be-erased')
    await page.getByRole('heading', { name: 'Nobody has this id' }).waitFor()
    expectQuiet({ '/customers/to-be-erased': 404 })
  })

  it('show a marketer neither values nor acts that are not theirs', async () => {
    await addMember(dashboard(), 'max@example.com', 'marketer')
    const { page, go, expectQuiet } = await dashboard().open({ as: 'max@example.com' })
    await go('/acme/customers/7b0f1a52-3d1c-4a8e-9b57-1f2f6f0c9a01')
    await page.getByText('Values are hidden from your role.').waitFor()
    for (const name of ['Export', 'Delete', 'Grant', 'Add']) {
      const button = page.getByRole('button', { name, exact: true })
      expect(await button.isDisabled(), name).toBe(true)
      expect(await button.getAttribute('title')).toBe('Owners, admins and developers may do this.')
    }
    const { id } = await eventOf(dashboard(), 'type=renewal&customer=hugo')
    await go(`/acme/events/${id}`)
    await page.getByRole('button', { name: 'Show the message' }).waitFor()
    expect(await page.getByRole('button', { name: 'Show the message' }).isDisabled()).toBe(true)
    expectQuiet()
  })

  it.each(LOOKS)('have nothing that axe finds, $scheme at $width px', async (looks) => {
    const { page, go, expectQuiet, expectAccessible } = await dashboard().open(looks)
    await go('/acme/customers')
    await page.getByRole('table', { name: 'Customers' }).waitFor()
    await expectAccessible()
    await go('/acme/customers/hugo')
    await page.getByText('Became a paying subscriber of prod_premium').waitFor()
    await expectAccessible()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog', { name: 'Erase this person?' }).waitFor()
    await expectAccessible()
    expectQuiet()
  })

  it('and their events have pictures to look at, where they are asked for', async () => {
    const { id } = await eventOf(dashboard(), 'type=renewal&customer=hugo')
    await takeShots(dashboard(), 'events', '/acme/events')
    await takeShots(dashboard(), 'event', `/acme/events/${id}`)
    await takeShots(dashboard(), 'customers', '/acme/customers')
    await takeShots(dashboard(), 'customer', '/acme/customers/7b0f1a52-3d1c-4a8e-9b57-1f2f6f0c9a01')
  }, 240_000)
})
