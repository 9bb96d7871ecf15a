import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSimulatedSender } from '../../../src/stand-ins/revenuecat/sender.ts'
import type { Accepted, InboundMessage } from '../../../src/stores/store.ts'
import { AUTHORIZATION, BOTH, feed, feedApp, inbound, NOW, SECRET, START } from './setting.ts'

const { opening } = createSimulatedSender().subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: START })
const { body } = opening
const header = 'x-revenuecat-webhook-signature'
const accept = (message: InboundMessage, settings: Record<string, string> = BOTH_SET): Promise<Accepted> =>
  feed.accept(message, feedApp({ settings }))
const BOTH_SET = { authorization: AUTHORIZATION, signing_secret: SECRET }
const ACCEPTED = { kind: 'accepted' }
const REFUSED = { kind: 'refused', status: 401 }

const signedAt = (seconds: string, secret = SECRET): string =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')
const withSignature = (value: string | readonly string[]): InboundMessage => ({
  headers: { authorization: AUTHORIZATION, [header]: value },
  body,
})
const t = String(Math.floor(NOW / 1000))

describe('who sent it', () => {
  it('is shown by the authorization header, the signature, or both: all that is configured', async () => {
    const plain = inbound(body, { authorization: AUTHORIZATION })
    const signed = inbound(body, { signingSecrets: [SECRET] })
    expect(await accept(plain, { authorization: AUTHORIZATION })).toMatchObject(ACCEPTED)
    expect(await accept(signed, { signing_secret: SECRET })).toMatchObject(ACCEPTED)
    expect(await accept(inbound(body))).toMatchObject(ACCEPTED)
    expect(await accept(plain)).toMatchObject(REFUSED)
    expect(await accept(signed)).toMatchObject(REFUSED)
    expect(await accept(inbound(body), {})).toMatchObject(REFUSED)
  })

  it('is never shown by an empty secret, which anybody has', async () => {
    const forged = inbound(body, { signingSecrets: [''] })
    for (const signing_secret of ['', SECRET]) expect(await accept(forged, { signing_secret })).toMatchObject(REFUSED)
    expect(await accept({ headers: { authorization: '' }, body }, { authorization: '' })).toMatchObject(REFUSED)
  })

  it('is told letter by letter', async () => {
    const settings = { authorization: AUTHORIZATION }
    const shown = [AUTHORIZATION.toLowerCase(), AUTHORIZATION.slice(0, -1), 'webhook-of-acme', ` ${AUTHORIZATION}`, '']
    for (const authorization of shown) {
      expect(await accept({ headers: { authorization }, body }, settings), authorization).toMatchObject(REFUSED)
    }
    expect(shown).toHaveLength(5)
  })

  it('may be signed with two secrets while they change', async () => {
    const both = inbound(body, { authorization: AUTHORIZATION, signingSecrets: ['rcwh_next', SECRET] })
    expect(await accept(both)).toMatchObject(ACCEPTED)
  })

  it('takes a clock that is five minutes off, and no more', async () => {
    expect(await accept(inbound(body, BOTH, NOW - 299_000))).toMatchObject(ACCEPTED)
    expect(await accept(inbound(body, BOTH, NOW + 299_000))).toMatchObject(ACCEPTED)
    expect(await accept(inbound(body, BOTH, NOW - 301_000))).toMatchObject(REFUSED)
    expect(await accept(inbound(body, BOTH, NOW + 302_000))).toMatchObject(REFUSED)
  })

  it.each([
    ['no part of it', ''],
    ['no time', `v1=${signedAt(t)}`],
    ['two times', `t=${t},t=${t},v1=${signedAt(t)}`],
    ['a time that is none', `t=now,v1=${signedAt('now')}`],
    ['a time of its own', `t=${Number(t) + 1},v1=${signedAt(t)}`],
    ['another version', `t=${t},v0=${signedAt(t)}`],
    ['half a digest', `t=${t},v1=${signedAt(t).slice(0, 32)}`],
    ['more than a digest', `t=${t},v1=${signedAt(t)}00`],
    ['a header without an end', `t=${t},v1=${signedAt(t)}`.padEnd(5_000, ',')],
    ['two headers', [`t=${t},v1=${signedAt(t)}`, `t=${t},v1=${signedAt(t)}`]],
  ])('is not shown by a signature with %s', async (_, value) => {
    expect(await accept(withSignature(value))).toMatchObject(REFUSED)
  })

  it('is shown by digits in capitals and spaces between parts too', async () => {
    expect(await accept(withSignature(`t=${t}, v1=${signedAt(t).toUpperCase()}`))).toMatchObject(ACCEPTED)
  })

  it('is asked before anything is read, and what is refused tells no secret', async () => {
    for (const one of [Buffer.from('{'), body]) {
      const answer = await accept({ headers: { authorization: 'Bearer guess' }, body: one })
      expect(answer).toMatchObject(REFUSED)
      const text = JSON.stringify(answer)
      for (const secret of [SECRET, AUTHORIZATION, 'guess']) expect(text).not.toContain(secret)
    }
  })
})

describe('what it is', () => {
  const sent = (event: Record<string, unknown>): InboundMessage => inbound(Buffer.from(JSON.stringify({ event })))

  it('is known by the id of its event, by its bytes where it has none', async () => {
    const accepted = await accept(inbound(body))
    expect(accepted).toMatchObject({ message: { sourceKey: opening.id, type: 'INITIAL_PURCHASE', sentAt: START } })
    const { id: _, ...nameless } = opening.event
    expect(await accept(sent(nameless))).toMatchObject({
      message: { sourceKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    })
    expect(await accept(sent({ ...nameless, id: 'a\u0000b' }))).toMatchObject({
      message: { sourceKey: expect.stringMatching(/^sha256:/) },
    })
  })

  it('shows its reason to people', async () => {
    const cancelled = { ...opening.event, type: 'CANCELLATION', cancel_reason: 'UNSUBSCRIBE' }
    expect(await accept(sent(cancelled))).toMatchObject({ message: { type: 'CANCELLATION/UNSUBSCRIBE' } })
  })

  it('of an environment that the app does not take is refused, and names its app', async () => {
    const app = feedApp({ environments: ['sandbox'] })
    expect(await feed.accept(inbound(body), app)).toMatchObject({ ...REFUSED, claimed: 'app0123456789' })
  })

  it('without an environment, or with a new one, is kept under one that the app takes, and tells nothing', async () => {
    const app = feedApp({ environments: ['sandbox'] })
    const events = [
      { type: 'EXPERIMENT_ENROLLMENT', id: '1', event_timestamp_ms: START },
      { ...opening.event, environment: 'STAGING' },
    ]
    for (const event of events) {
      const answer = await feed.accept(sent(event), app)
      if (answer.kind !== 'accepted') throw new Error(answer.reason)
      expect(answer.message.environment).toBe('sandbox')
      expect(feed.decode({ ...answer.message, receivedAt: NOW }, app)).toMatchObject({ kind: 'nothing' })
    }
    expect(events).toHaveLength(2)
  })

  it('has a place in time also where it names none', async () => {
    expect(await accept(sent({ type: 'TEST' }))).toMatchObject({ message: { sentAt: NOW } })
  })
})
