import { DEMO_SECRET_KEY } from '../../src/cli/demo/secret-key.ts'
import type { Place } from './place.ts'

/** Something that happens at once: the event is there when it resolves. */
export async function grant(place: Place, appUserId: string): Promise<void> {
  const path = `/v1/subscribers/${encodeURIComponent(appUserId)}/entitlements/premium/promotional`
  const answer = await fetch(`${place.address}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ duration: 'monthly' }),
  })
  if (answer.status !== 201) throw new Error(`The grant was refused with ${answer.status}: ${await answer.text()}`)
}

/** A customer without a purchase. */
export async function makeKnown(place: Place, appUserId: string): Promise<void> {
  const answer = await fetch(`${place.address}/v1/subscribers/${encodeURIComponent(appUserId)}`, {
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}` },
  })
  if (!answer.ok) throw new Error(`${appUserId} could not be made known: ${answer.status} ${await answer.text()}`)
}

interface Told {
  readonly id: string
  readonly name: string | null
  readonly app_user_id: string
  readonly transaction_id: string | null
}

export async function eventsOf(place: Place, query: string): Promise<readonly Told[]> {
  const answer = await fetch(`${place.address}/api/projects/acme/events?${query}`, {
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}` },
  })
  const { items } = (await answer.json()) as { readonly items: readonly Told[] }
  return items
}

/** The newest event of a query, which must be there. */
export async function eventOf(place: Place, query: string): Promise<Told> {
  const [event] = await eventsOf(place, query)
  if (event === undefined) throw new Error(`There is no event for ${query}.`)
  return event
}

/** A member of a role, who took the owner's invitation. */
export async function addMember(place: Place, email: string, role: string): Promise<void> {
  const invited = await place.ask('POST', '/api/projects/acme/invitations', { email, role })
  const { link } = (await invited.json()) as { readonly link: string }
  const token = new URL(link).hash.slice(1)
  const answer = await fetch(`${place.address}/api/links/use`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tributary-request': '1', origin: place.address },
    body: JSON.stringify({ token, name: 'Max Moor', password: 'a second quiet river' }),
  })
  if (!answer.ok) throw new Error(`The invitation was refused with ${answer.status}: ${await answer.text()}`)
}
