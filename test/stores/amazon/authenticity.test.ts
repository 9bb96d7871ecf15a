import { describe, expect, it } from 'vitest'
import { mintCertificate } from '../../../src/stand-ins/amazon/certificate.ts'
import { createTopic, type Topic } from '../../../src/stand-ins/amazon/topic.ts'
import { isCertificateUrl } from '../../../src/stores/amazon/certificates.ts'
import { BAD_URLS, GOOD_URLS } from './certificate-urls.ts'
import { impostor, resigned, rtn, sent, strangers } from './forge.ts'
import { amazonStore, answered, appOf, DAY, HOUR, hosts, MINUTE, NOW, post, SETTINGS, topic } from './setting.ts'

const accepted = { kind: 'accepted' }
const settings = (over: object) => appOf({ settings: { ...SETTINGS, ...over } })

describe('S1: the address of the certificate', () => {
  it('is Amazon’s own, in every region', () => {
    for (const url of GOOD_URLS) expect(isCertificateUrl(url), url).toBe(true)
    expect(GOOD_URLS).toHaveLength(3)
  })

  it('is judged before anything is asked: none of 80 others costs a request', async () => {
    expect(new Set(BAD_URLS).size).toBe(BAD_URLS.length)
    expect(BAD_URLS.length).toBeGreaterThanOrEqual(80)
    const amazon = hosts()
    const store = amazonStore(amazon.http)
    for (const url of BAD_URLS) {
      expect(isCertificateUrl(url), url).toBe(false)
      const answer = await post(store, { ...sent(), SigningCertURL: url })
      expect(answer, url).toMatchObject({ kind: 'refused', status: 401, claimed: null })
    }
    expect(amazon.asked).toEqual([])
  })

  it('is in the region of the topic', async () => {
    const amazon = hosts()
    for (const host of ['sns.us-west-2.amazonaws.com', 'sns.us-east-1.amazonaws.com.cn']) {
      const elsewhere = { ...sent(), SigningCertURL: `https://${host}${topic.certificate.path}` }
      expect(await post(amazonStore(amazon.http), elsewhere)).toMatchObject({ kind: 'refused', status: 401 })
    }
    expect(amazon.asked).toEqual([])
  })

  it('is asked once, for at most five seconds and 16 KiB', async () => {
    const amazon = hosts()
    const store = amazonStore(amazon.http)
    const answers = await Promise.all([post(store, sent()), post(store, sent()), post(store, sent())])
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(await post(store, sent())).toMatchObject(accepted)
    expect(amazon.asked).toEqual([
      expect.objectContaining({
        url: `https://sns.us-east-1.amazonaws.com${topic.certificate.path}`,
        headersTimeoutMs: 5_000,
        totalTimeoutMs: 5_000,
        maxBytes: 16_384,
      }),
    ])
  })

  it('gives nothing but a certificate: a redirect, a page, too much and none are refused', async () => {
    const cases = [
      answered(302, '', { location: 'https://evil.tld/' }),
      answered(200, '<html></html>'),
      answered(200, ''),
      answered(403, '<Error/>'),
      answered(404),
      { ...answered(200, topic.certificate.pem), truncated: true },
    ]
    for (const answer of cases) {
      const amazon = hosts()
      amazon.answers = [answer]
      expect(await post(amazonStore(amazon.http), sent())).toMatchObject({ kind: 'refused', status: 401 })
      expect(amazon.asked).toHaveLength(1)
    }
    expect(cases).toHaveLength(6)
  })

  it('that cannot be asked is not the sender’s fault: it shall come again', async () => {
    const cases = [
      answered(500),
      answered(503),
      answered(429),
      { kind: 'fault', sent: false, reason: 'Could not connect (ENOTFOUND)', durationMs: 1 } as const,
    ]
    for (const answer of cases) {
      const amazon = hosts()
      amazon.answers = [answer]
      const store = amazonStore(amazon.http)
      expect(await post(store, sent())).toMatchObject({ kind: 'unavailable', reason: expect.stringMatching(/\.$/) })
      // A failure is not kept.
      expect(await post(store, sent())).toMatchObject(accepted)
    }
    expect(cases).toHaveLength(4)
  })

  it('is asked for ten times at once and not more, however many strangers name one', async () => {
    const amazon = hosts()
    const store = amazonStore(amazon.http)
    const kinds: string[] = []
    for (let n = 0; n < 30; n += 1) {
      const hash = n.toString(16).padStart(32, '0')
      const url = `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${hash}.pem`
      kinds.push((await post(store, { ...sent(), SigningCertURL: url })).kind)
    }
    expect(amazon.asked).toHaveLength(10)
    expect(kinds.filter((kind) => kind === 'unavailable')).toHaveLength(20)
  })

  it('holds a certificate that is in its dates and has a strong RSA key, each time that it is used', async () => {
    const judge = async (options: Parameters<typeof mintCertificate>[0], now = NOW) => {
      const other = createTopic({ arn: topic.arn, certificate: mintCertificate(options, NOW) })
      return post(
        amazonStore(hosts([other]).http, () => now),
        sent(rtn(), other, now),
      )
    }
    expect(await judge({})).toMatchObject(accepted)
    expect(await judge({ until: NOW - 30_000 })).toMatchObject(accepted)
    expect(await judge({ until: NOW - 2 * MINUTE })).toMatchObject({ kind: 'refused', status: 401 })
    expect(await judge({ from: NOW + 2 * MINUTE })).toMatchObject({ kind: 'refused', status: 401 })
    expect(await judge({ bits: 1024 })).toMatchObject({ kind: 'refused', status: 401 })
    const brief: Topic = createTopic({ arn: topic.arn, certificate: mintCertificate({ until: NOW + MINUTE }, NOW) })
    let now = NOW
    const amazon = hosts([brief])
    const store = amazonStore(amazon.http, () => now)
    expect(await post(store, sent(rtn(), brief, now))).toMatchObject(accepted)
    now += HOUR
    expect(await post(store, sent(rtn(), brief, now))).toMatchObject({ kind: 'refused', status: 401 })
    expect(amazon.asked).toHaveLength(1)
  })
})

describe('S2: the topic', () => {
  it('of a stranger is refused with 403 and shown, although Amazon signed the message', async () => {
    expect(await post(amazonStore(), sent(rtn(), strangers))).toMatchObject({
      kind: 'refused',
      status: 403,
      claimed: strangers.arn,
    })
  })

  it('that is not set yet is refused with 403 and shown, so that a person can set it', async () => {
    for (const topic_arn of ['', null]) {
      const answer = await post(amazonStore(), sent(), settings({ topic_arn }))
      expect(answer).toMatchObject({ kind: 'refused', status: 403, claimed: topic.arn })
    }
    const control = topic.subscriptionConfirmation('token', { messageId: 'm', at: NOW })
    const answer = await post(amazonStore(), control, settings({ topic_arn: '' }))
    expect(answer).toMatchObject({ kind: 'refused', status: 403, claimed: topic.arn })
  })

  it('is not shown when nobody signed the message', async () => {
    const forged = { ...sent(rtn(), strangers), Signature: 'AAAA' }
    expect(await post(amazonStore(), forged)).toMatchObject({ kind: 'refused', status: 401, claimed: null })
  })
})

describe('S3: the address that confirms', () => {
  it('is signed for, and never asked: accepting costs one request, for the certificate', async () => {
    const amazon = hosts()
    const url = 'http://169.254.169.254/latest/meta-data/'
    const control = topic.subscriptionConfirmation('token', { messageId: 'm', at: NOW })
    const store = amazonStore(amazon.http)
    expect(await post(store, { ...control, SubscribeURL: url })).toMatchObject({ kind: 'refused', status: 401 })
    expect(await post(store, resigned(control, { SubscribeURL: url }))).toMatchObject(accepted)
    expect(amazon.asked.map((one) => new URL(one.url).pathname)).toEqual([topic.certificate.path])
  })
})

describe('S4: the signature', () => {
  const v2 = createTopic({ arn: topic.arn, certificate: topic.certificate, signatureVersion: '2' })

  it('of version 1 and of version 2 is taken, and each tampered one refused', async () => {
    const store = amazonStore()
    let seen = 0
    for (const from of [topic, v2]) {
      const good = sent(rtn(), from)
      expect(await post(store, good)).toMatchObject(accepted)
      const other = from === topic ? '2' : '1'
      const tampered = [
        { ...good, SignatureVersion: other },
        { ...good, MessageId: 'another' },
        { ...good, Message: `${String(good.Message)} ` },
        { ...good, Subject: 'new' },
        { ...good, Timestamp: new Date(NOW + 1_000).toISOString() },
        { ...good, Signature: sent(rtn(), from).Signature },
      ]
      for (const one of tampered) {
        expect(await post(store, one)).toMatchObject({ kind: 'refused', status: 401 })
        seen += 1
      }
    }
    expect(seen).toBe(12)
  })

  it('must be of version 2 where the app requires it', async () => {
    const app = settings({ require_signature_v2: true })
    expect(await post(amazonStore(), sent(rtn(), v2), app)).toMatchObject(accepted)
    expect(await post(amazonStore(), sent(), app)).toMatchObject({ kind: 'refused', status: 401 })
  })

  it('covers the subject, where there is one', async () => {
    expect(await post(amazonStore(), resigned(sent(), { Subject: 'Hello' }))).toMatchObject(accepted)
  })

  it('by another key, in another form or of another version is refused', async () => {
    const good = sent()
    const signature = String(good.Signature)
    const cases: readonly (readonly [object, number])[] = [
      [sent(rtn(), impostor), 401],
      [{ ...sent(rtn(), impostor), SigningCertURL: good.SigningCertURL }, 401],
      [{ ...good, Signature: `${signature}\n` }, 400],
      [{ ...good, Signature: signature.replaceAll('=', '') }, 400],
      [{ ...good, Signature: '' }, 400],
      [{ ...good, Signature: [signature] }, 400],
      [{ ...good, SignatureVersion: '3' }, 400],
      [{ ...good, SignatureVersion: 1 }, 400],
      [{ ...good, Type: 'Other' }, 400],
      [{ ...good, MessageId: 7 }, 400],
      [{ ...good, Timestamp: 'yesterday' }, 400],
    ]
    for (const [body, status] of cases) {
      expect(await post(amazonStore(), body), JSON.stringify(body)).toMatchObject({ kind: 'refused', status })
    }
    expect(cases).toHaveLength(11)
  })
})

describe('the rest of a message', () => {
  it('is of the last hour', async () => {
    const at = (ago: number) => post(amazonStore(), sent(rtn(), topic, NOW - ago))
    expect(await at(HOUR)).toMatchObject(accepted)
    expect(await at(HOUR + 6 * MINUTE)).toMatchObject({ kind: 'refused', status: 401 })
    // A clock that is behind must not lose what Amazon never sends again.
    expect(await at(-HOUR)).toMatchObject(accepted)
    expect(await at(-HOUR - 6 * MINUTE)).toMatchObject({ kind: 'refused', status: 401 })
  })

  it('names this app', async () => {
    for (const appPackageName of ['com.acme.appx', 'com.acme', 'COM.ACME.APP']) {
      const answer = await post(amazonStore(), sent(rtn({ appPackageName })))
      expect(answer).toMatchObject({ kind: 'refused', status: 401, claimed: appPackageName })
    }
    const long = await post(amazonStore(), sent(rtn({ appPackageName: 'x'.repeat(10_000) })))
    expect(long).toMatchObject({ kind: 'refused', claimed: 'x'.repeat(300) })
    expect(await post(amazonStore(), sent(rtn({ appPackageName: 5 })))).toMatchObject({
      kind: 'refused',
      claimed: null,
    })
  })

  it('is of an environment that the app takes, as far as it says', async () => {
    const environmentOf = async (beta: boolean, environments: readonly ('production' | 'sandbox')[]) => {
      const answer = await post(amazonStore(), sent(rtn({ betaProductTransaction: beta })), appOf({ environments }))
      return answer.kind === 'accepted' ? answer.message.environment : answer.kind
    }
    expect(await environmentOf(false, ['production', 'sandbox'])).toBe('production')
    expect(await environmentOf(true, ['production', 'sandbox'])).toBe('sandbox')
    expect(await environmentOf(true, ['production'])).toBe('refused')
    // Amazon's own tests look like any purchase until the receipt is read.
    expect(await environmentOf(false, ['sandbox'])).toBe('sandbox')
  })

  it('is kept as it came, under SNS’s own id, type and time', async () => {
    const fields = sent()
    const answer = await post(amazonStore(), fields)
    expect(answer).toMatchObject({
      message: { sourceKey: fields.MessageId, type: 'SUBSCRIPTION_PURCHASED', sentAt: NOW, environment: 'production' },
    })
  })

  it('may have a comma too many, as Amazon’s own sample of a consumable', async () => {
    const message = JSON.stringify(rtn({ notificationType: 'CONSUMABLE_PURCHASED' })).replace(/\}$/, ',}')
    expect(() => JSON.parse(message)).toThrow()
    expect(await post(amazonStore(), sent(message))).toMatchObject({ message: { type: 'CONSUMABLE_PURCHASED' } })
  })
})

it('old certificates are forgotten: a day later it is asked for again', async () => {
  let now = NOW
  const amazon = hosts()
  const store = amazonStore(amazon.http, () => now)
  await post(store, sent(rtn(), topic, now))
  now += DAY + MINUTE
  expect(await post(store, sent(rtn(), topic, now))).toMatchObject(accepted)
  expect(amazon.asked).toHaveLength(2)
})
