import { describe, expect, it } from 'vitest'
import { mintCertificate } from '../../../src/stand-ins/amazon/certificate.ts'
import { createTopic, type Topic } from '../../../src/stand-ins/amazon/topic.ts'
import { randomOf } from '../../seed.ts'
import { BAD_URLS } from './certificate-urls.ts'
import { type Fields, impostor, resigned, rtn, sent, strangers } from './forge.ts'
import { amazonStore, appOf, DAY, hosts, NOW, post, topic } from './setting.ts'

const COUNT = process.env.TRIBUTARY_TEST_FULL === '1' ? 10_000 : 1_000
const AUTHENTIC = 100

const random = randomOf('amazon mutants')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

const TYPES = ['SUBSCRIPTION_PURCHASED', 'SUBSCRIPTION_RENEWED', 'CONSUMABLE_PURCHASED', 'SUBSCRIPTION_EXPIRED']
const v2: Topic = createTopic({ arn: topic.arn, certificate: topic.certificate, signatureVersion: '2' })

/** What Amazon would send in a busy minute, by both signatures, and what confirms an address. */
const pool: readonly Fields[] = [
  ...Array.from({ length: 40 }, (_, n) =>
    sent(
      rtn({ notificationType: pick(TYPES), receiptId: `receipt-${n}=:3:11` }),
      n % 2 === 0 ? topic : v2,
      NOW - n * 1_000,
    ),
  ),
  topic.subscriptionConfirmation('confirm'.repeat(9), { messageId: 'confirmation', at: NOW }),
]

/** Certificates that Amazon would not have, at addresses that it would. */
const broken: readonly Topic[] = [{ until: NOW - DAY }, { from: NOW + DAY }, { bits: 1024 }].map((options) =>
  createTopic({ arn: topic.arn, certificate: mintCertificate(options, NOW) }),
)

const SIGNED = [
  'Message',
  'MessageId',
  'Timestamp',
  'TopicArn',
  'Type',
  'Signature',
  'SignatureVersion',
  'SigningCertURL',
]

function bitOf(value: string): string {
  const bytes = Buffer.from(value)
  const at = below(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(7))
  return bytes.toString('latin1')
}

type Mutation = (of: Fields) => Fields

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a bit of a signed field': (of) => {
    const name = pick(SIGNED)
    return { ...of, [name]: bitOf(String(of[name])) }
  },
  'a field that is missing': (of) => ({ ...of, [pick(SIGNED)]: undefined }),
  'a field of another type': (of) => ({ ...of, [pick(SIGNED)]: pick<unknown>([null, 7, true, [], {}, '']) }),
  'a field of another message': (of) => {
    const name = pick(['Message', 'MessageId', 'Signature'])
    return { ...of, [name]: pick(pool.filter((other) => other[name] !== of[name]))[name] }
  },
  'a field that was not there': (of) => ({
    ...of,
    ...(of.Type === 'Notification' ? { Subject: 'a' } : { Token: 'b' }),
  }),
  'lines that move from one field into the next': (of) => ({
    ...of,
    Message: `${String(of.Message)}\nMessageId`,
    MessageId: String(of.MessageId),
  }),
  'the other version': (of) => ({ ...of, SignatureVersion: of.SignatureVersion === '1' ? '2' : '1' }),
  'another address of the certificate': (of) => ({ ...of, SigningCertURL: pick(BAD_URLS) }),
  'nobody’s certificate': (of) =>
    pick([resigned(of, {}, impostor), { ...resigned(of, {}, impostor), SigningCertURL: of.SigningCertURL }]),
  'a broken certificate': (of) => resigned(of, {}, pick(broken)),
  'a stranger’s topic': (of) => resigned(of, { TopicArn: strangers.arn }, strangers),
  'another app': () => sent(rtn({ appPackageName: pick(['com.other.app', '', 'com.acme.app ', undefined]) })),
  'a text that says nothing': () => sent(pick(['', '[]', '7', 'null', '{', '"text"'])),
  'another time': (of) => resigned(of, { Timestamp: new Date(NOW + pick([-2, -1, 1, 2]) * DAY).toISOString() }),
}

describe('mutated messages', () => {
  it(`${COUNT} are refused, and the ${AUTHENTIC} authentic ones among them accepted`, {
    timeout: 300_000,
  }, async () => {
    // A store for each: how many unknown certificates one asks for is another test's matter.
    const store = () => amazonStore(hosts([topic, ...broken]).http)
    const app = appOf()
    const names = Object.keys(MUTATIONS)
    const seen = new Map<string, number>()
    let accepted = 0
    for (let n = 0; n < COUNT; n += 1) {
      if (n % (COUNT / AUTHENTIC) === 0) {
        expect(await post(store(), pick(pool), app)).toMatchObject({ kind: 'accepted' })
        accepted += 1
      }
      const name = names[n % names.length] as string
      const of = pick(pool)
      const body = (MUTATIONS[name] as Mutation)(of)
      const answer = await post(store(), body, app)
      if (answer.kind !== 'refused')
        throw new Error(`${name} of ${String(of.MessageId)} was ${answer.kind}: ${JSON.stringify(body)}`)
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    expect(accepted).toBe(AUTHENTIC)
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(COUNT)
    expect([...seen.keys()].sort()).toEqual([...names].sort())
  })
})
