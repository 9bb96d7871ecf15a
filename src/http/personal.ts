import type { Attributes } from '../domain/event.ts'
import { redactor } from '../secrets/masking.ts'
import type { ListedDelivery, ReadStorage } from '../storage/reads.ts'
import type { AttemptRow } from '../storage/rows.ts'
import type { Access } from './access.ts'
import { parsedOr } from './json-text.ts'

/** What is shown to members who may not see what is known of people: that something is there, and not what. */

export const MASKED = '•••'

/** Whether somebody may see attributes and bodies as they are. */
export function seesPersonal({ permissions }: Pick<Access, 'permissions'>): boolean {
  return permissions.includes('personal')
}

/** The identity of a delivery: what is no app user id was taken from an attribute. */
export function maskedIdentity(identity: unknown, appUserId: string | null): unknown {
  if (typeof identity !== 'object' || identity === null) return identity
  return Object.fromEntries(Object.entries(identity).map(([key, value]) => [key, value === appUserId ? value : MASKED]))
}

/** A change of a customer's history: the key of an attribute says enough. */
export function maskedChange(kind: string, change: unknown): unknown {
  if (kind === 'alias' || kind === 'transfer') return change
  if (kind !== 'attribute' || typeof change !== 'object' || change === null) return MASKED
  return { ...change, value: Reflect.get(change, 'value') === null ? null : MASKED }
}

/** People whose values are looked up to blot them out of attempts; where more ride along, the bodies are left out. */
const MOST_PEOPLE = 200

/**
 * Attempts with the attributes of everybody in them blotted out: a request carries many customers. Values are found in
 * the events that were sent, and in what the deliveries are addressed to.
 */
export async function blottedAttempts(
  rows: readonly AttemptRow[],
  projectId: string,
  reads: Pick<ReadStorage, 'getDeliveries' | 'getEvents'>,
): Promise<readonly AttemptRow[]> {
  const ids = new Set(rows.flatMap(({ outcomes }) => deliveriesIn(outcomes)))
  if (ids.size > MOST_PEOPLE) return rows.map((row) => withBodies(row, () => MASKED))
  const listed = await reads.getDeliveries(projectId, [...ids])
  const blot = blotter([...(await valuesAround(listed, projectId, reads)).values()].flat())
  return rows.map((row) => ({ ...withBodies(row, blot), outcomes: blot(row.outcomes) }))
}

/**
 * What is known of the customers of deliveries, by delivery: the attributes that their events carry, and what they are
 * addressed to.
 */
async function valuesAround(
  rows: readonly ListedDelivery[],
  projectId: string,
  reads: Pick<ReadStorage, 'getEvents'>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = new Set(rows.map(({ delivery }) => delivery.eventId))
  const events = await reads.getEvents(projectId, [...ids])
  const attributes = new Map<string, Attributes>(events.map(({ event }) => [event.id, event.attributes]))
  return new Map(
    rows.map(({ delivery, event }) => {
      const own = Object.values(attributes.get(delivery.eventId) ?? {}).map(({ value }) => value)
      return [delivery.id, [...own, ...addressesOf(delivery.identity, event?.appUserId)].map(String)]
    }),
  )
}

/** What a delivery is addressed to beside the app user id. */
function addressesOf(identity: string | null, appUserId: string | undefined): readonly unknown[] {
  const parsed: unknown = parsedOr(identity ?? 'null', null)
  const addressed = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : []
  return addressed.filter((one) => typeof one === 'string' && one !== appUserId)
}

function deliveriesIn(outcomes: string): readonly string[] {
  const list = parsedOr(outcomes, [])
  return Array.isArray(list)
    ? list.flatMap((one: { readonly delivery?: unknown }) =>
        one?.delivery === undefined ? [] : [String(one.delivery)],
      )
    : []
}

function withBodies(row: AttemptRow, blot: (body: string) => string): AttemptRow {
  const blotted = (text: string): string => {
    const kept = parsedOr(text, null)
    if (typeof kept !== 'object' || kept === null) return JSON.stringify(MASKED)
    const body: unknown = Reflect.get(kept, 'body')
    return typeof body === 'string' ? JSON.stringify({ ...kept, body: blot(body) }) : text
  }
  return { ...row, request: blotted(row.request), response: blotted(row.response) }
}

/** Deliveries whose sentences for people quote no value of their customer: a destination may say which value it refuses. */
export async function quotingNobody(
  rows: readonly ListedDelivery[],
  access: Pick<Access, 'permissions' | 'projectId'>,
  reads: Pick<ReadStorage, 'getEvents'>,
): Promise<readonly ListedDelivery[]> {
  const speaking = rows.filter(({ delivery: { reason, advice, notes } }) =>
    [reason, advice, ...notes].some((text) => !saysNothing(text)),
  )
  if (seesPersonal(access) || speaking.length === 0) return rows
  const values = await valuesAround(speaking, access.projectId, reads)
  return rows.map((listed) => {
    const known = values.get(listed.delivery.id)
    if (known === undefined) return listed
    const { reason, advice, notes } = listed.delivery
    const blot = sentenceBlotter(known)
    const without = (text: string | null): string | null => (text === null ? null : blot(text))
    const delivery = { ...listed.delivery, reason: without(reason), advice: without(advice), notes: notes.map(blot) }
    return { ...listed, delivery }
  })
}

/** Sentences about the delivery of this id, in the same way. */
export async function quotingNobodyOf(
  deliveryId: string | null,
  texts: readonly string[],
  access: Pick<Access, 'permissions' | 'projectId'>,
  reads: Pick<ReadStorage, 'getDeliveries' | 'getEvents'>,
): Promise<readonly string[]> {
  if (deliveryId === null || seesPersonal(access) || texts.every(saysNothing)) return texts
  const listed = await reads.getDeliveries(access.projectId, [deliveryId])
  const values = await valuesAround(listed, access.projectId, reads)
  return texts.map(sentenceBlotter(values.get(deliveryId) ?? []))
}

/** A word of the hub's own, `name_blank`, is nobody's value. */
export function saysNothing(text: string | null): boolean {
  return text === null || /^[a-z_]+$/.test(text)
}

/** Blots values out of a sentence; a short one within a longer word is taken for that word. */
function sentenceBlotter(values: readonly string[]): (text: string) => string {
  const known = [...new Set(values.filter((value) => value !== ''))].sort((a, b) => b.length - a.length)
  if (known.length === 0) return (text) => text
  const forms = known.map((value) => {
    const form = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return value.length < SHORTEST ? `(?<![\\p{L}\\p{N}])${form}(?![\\p{L}\\p{N}])` : form
  })
  const pattern = new RegExp(forms.join('|'), 'gu')
  return (text) => text.replace(pattern, MASKED)
}

/** Below this a value turns up in ordinary text: it is found only where it stands alone. */
const SHORTEST = 6

/** Blots values out of a JSON text; of a text that is none nothing is left where a value is too short to be found. */
export function blotter(values: readonly string[]): (text: string) => string {
  const known = new Set(values.filter((value) => value !== ''))
  if (known.size === 0) return (text) => text
  const redact = redactor([...known])
  const short = [...known].some((value) => value.length < SHORTEST)
  const leaf = (value: unknown): unknown => {
    if (typeof value === 'string') return known.has(value) ? MASKED : redact(value)
    return typeof value === 'number' && known.has(String(value)) ? MASKED : value
  }
  return (text) => {
    const parsed = parsedOr(text, undefined)
    if (typeof parsed === 'object' && parsed !== null) return JSON.stringify(parsed, (_, value: unknown) => leaf(value))
    return short && text !== '' ? MASKED : redact(text)
  }
}
