import { describe, expect, it } from 'vitest'
import type { HttpResult } from '../../../src/net/http.ts'
import { createAmazon } from '../../../src/stores/amazon/index.ts'
import type { Fetched, Resolved } from '../../../src/stores/store.ts'
import { resigned } from './forge.ts'
import { amazonStore, answered, appOf, hosts, inbound, NOW, SETTINGS, topic } from './setting.ts'

const TOKEN = '2336412f37fb687f5d51e6e241d638b114f4e9b52623c594ebf666666666'
const control = topic.subscriptionConfirmation(TOKEN, { messageId: 'confirm', at: NOW })

interface Confirmed {
  readonly fetched: Fetched<Resolved>
  readonly urls: readonly string[]
}

async function confirmed(
  options: {
    readonly answer?: HttpResult
    readonly body?: object
    readonly origin?: string
    readonly arn?: string
  } = {},
): Promise<Confirmed> {
  const { answer = answered(200, '<ok/>'), body = control, origin = null, arn = topic.arn } = options
  const amazon = hosts()
  amazon.answers = [answer]
  const store = createAmazon({ http: amazon.http, now: () => NOW, rvsUrl: null, snsOrigin: origin })
  const app = appOf({ settings: { ...SETTINGS, topic_arn: arn } })
  const { body: bytes } = inbound(body)
  const kept = { body: bytes, environment: 'production', type: 'SubscriptionConfirmation', receivedAt: NOW } as const
  const decoded = store.decode(kept, app)
  if (decoded.kind !== 'unresolved' || store.resolve === undefined) throw new Error('It was not left unresolved.')
  const { subject } = decoded
  const request = {
    subject,
    environment: 'production',
    messages: [kept],
    at: NOW,
    linked: () => Promise.resolve(null),
  } as const
  return { fetched: await store.resolve(request, app), urls: amazon.asked.map(({ url }) => url) }
}

const QUERY = `?Action=ConfirmSubscription&TopicArn=${encodeURIComponent(topic.arn)}&Token=${TOKEN}`

describe('the confirmation of an address', () => {
  it('asks the region of the configured topic with the token, and shows the token for the console', async () => {
    const { fetched, urls } = await confirmed()
    expect(urls).toEqual([`https://sns.us-east-1.amazonaws.com/${QUERY}`])
    expect(fetched).toMatchObject({ kind: 'fetched', value: { observations: [], links: [] } })
    expect(fetched.kind === 'fetched' && fetched.value.note).toContain(TOKEN)
  })

  it('asks never what the message names', async () => {
    const evil = resigned(control, { SubscribeURL: 'http://169.254.169.254/latest/meta-data/' })
    expect((await confirmed({ body: evil })).urls).toEqual([`https://sns.us-east-1.amazonaws.com/${QUERY}`])
  })

  it('goes where the operator has moved SNS, and to China for a topic there', async () => {
    expect((await confirmed({ origin: 'http://127.0.0.1:9' })).urls).toEqual([`http://127.0.0.1:9/${QUERY}`])
    const arn = 'arn:aws-cn:sns:cn-north-1:1:T'
    expect((await confirmed({ arn })).urls[0]).toMatch(/^https:\/\/sns\.cn-north-1\.amazonaws\.com\.cn\/\?Action=/)
  })

  it('that fails is tried again, with the token on the message meanwhile', async () => {
    const cases: readonly HttpResult[] = [
      answered(500),
      answered(429),
      { kind: 'fault', sent: false, reason: 'Could not connect (ENOTFOUND)', durationMs: 1 },
    ]
    for (const answer of cases) {
      const { fetched } = await confirmed({ answer })
      expect(fetched).toMatchObject({ kind: 'retry', reason: expect.stringContaining(TOKEN) })
    }
    expect(cases).toHaveLength(3)
  })

  it('that Amazon refuses says what to do', async () => {
    const { fetched } = await confirmed({ answer: answered(400, '<Error/>') })
    expect(fetched).toMatchObject({ kind: 'fetched', value: { note: expect.stringContaining('Developer Console') } })
  })

  it('needs the topic that a person has set', async () => {
    const { fetched, urls } = await confirmed({ arn: '' })
    expect(fetched).toMatchObject({ kind: 'absent', reason: expect.stringContaining('topic_arn') })
    expect(urls).toEqual([])
  })
})

describe('the end of a subscription', () => {
  it('is told to the operator', () => {
    const farewell = topic.unsubscribeConfirmation(TOKEN, { messageId: 'farewell', at: NOW })
    const kept = { body: inbound(farewell).body, environment: 'production', type: 'x', receivedAt: NOW } as const
    expect(amazonStore().decode(kept, appOf())).toMatchObject({
      kind: 'nothing',
      unknownType: false,
      alert: expect.stringContaining('Developer Console'),
    })
  })
})
