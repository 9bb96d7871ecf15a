import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type ChainOptions, mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import { APPLE_ROOTS } from '../../../src/stores/app-store/apple-roots.ts'
import { createChainJudge } from '../../../src/stores/app-store/chain.ts'
import { forged, resigned } from './forge.ts'
import { appStore, DAY, envelope, NOW, post, signer, simulated } from './setting.ts'

const store = appStore()
const notification = simulated().subscribe({ product: 'monthly', price: 9.99, period: 'P1M', at: NOW }).opening
const payload = notification.decoded.payload

/** Refused as not authentic, with a sentence and nothing claimed. */
async function isRefused(body: Buffer | string, reason: RegExp, using = store): Promise<void> {
  const answer = await post(using, body)
  expect(answer).toMatchObject({ kind: 'refused', status: 401, claimed: null, reason: expect.stringMatching(reason) })
}

describe('the pinned root', () => {
  it('is Apple Root CA - G3 as Apple publishes it', () => {
    expect(APPLE_ROOTS).toHaveLength(1)
    const root = new X509Certificate(APPLE_ROOTS[0] ?? '')
    expect(root.fingerprint256).toBe(
      '63:34:3A:BF:B8:9A:6A:03:EB:B5:7E:9B:3F:5F:A7:BE:7C:4F:5C:75:6F:30:17:B3:A8:C4:88:C3:65:3E:91:79',
    )
    expect(root.subject).toContain('Apple Root CA - G3')
  })

  it('refuses our own chain, and the configured root refuses another of the same names', async () => {
    await isRefused(notification.body, /does not lead to a trusted Apple root/, appStore({ roots: null }))
    const impostor = createSigner(mintChain({}, NOW))
    const theirs = simulated('production', impostor).subscribe({
      product: 'm',
      price: 1,
      period: 'P1M',
      at: NOW,
    }).opening
    await isRefused(theirs.body, /does not lead to a trusted Apple root/)
  })

  it('is used in place of the third certificate, whatever that is', async () => {
    const [leaf, intermediate] = signer.chain.x5c
    for (const third of ['', 'not a certificate', mintChain({}, NOW).x5c[2]]) {
      const jws = forged(payload, { header: { x5c: [leaf, intermediate, third] } })
      // The parts are missing from this payload's data, so that only the outer signature is judged.
      expect(await post(store, envelope(jws))).toMatchObject({ kind: 'accepted' })
    }
  })

  it('may be several in one PEM file', async () => {
    const both = `${APPLE_ROOTS[0]}\n${signer.chain.rootPem}`
    expect(await post(appStore({ roots: [both] }), notification.body)).toMatchObject({ kind: 'accepted' })
    expect(() => appStore({ roots: ['no certificate'] })).toThrow(/TRIBUTARY_APPLE_ROOT_CERTS/)
  })
})

describe.each([1, 2])('the signature (A1) with %i cores', (cores) => {
  const judging = appStore({ cores })
  const publicKey = signer.chain.leaf.publicKey.export({ type: 'spki', format: 'pem' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const mutants: readonly (readonly [string, string])[] = [
    ['alg none, no signature', forged(payload, { header: { alg: 'none' }, signature: 'AA' })],
    ['HS256 with the public key as its secret', forged(payload, { header: { alg: 'HS256' }, hmac: publicKey })],
    ['ES384', forged(payload, { header: { alg: 'ES384' }, hash: 'sha384' })],
    ['RS256', forged(payload, { header: { alg: 'RS256' }, key: rsa.privateKey })],
    ['es256 in small letters', forged(payload, { header: { alg: 'es256' } })],
    ['alg as a list', forged(payload, { header: { alg: ['ES256'] } })],
    ['no alg', forged(payload, { header: { alg: undefined } })],
    ['another key', forged(payload, { key: other.privateKey })],
    [
      'another key, given in jwk',
      forged(payload, { key: other.privateKey, header: { jwk: other.publicKey.export({ format: 'jwk' }) } }),
    ],
    [
      'another key, named by jku, x5u and kid',
      forged(payload, {
        key: other.privateKey,
        header: { jku: 'https://evil.example', x5u: 'https://evil.example', kid: '1' },
      }),
    ],
    ['the intermediate’s key', forged(payload, { key: signer.chain.intermediate.privateKey })],
    ['all zeros', forged(payload, { signature: Buffer.alloc(64).toString('base64url') })],
    ['63 bytes', forged(payload, { signature: Buffer.alloc(63, 1).toString('base64url') })],
    ['65 bytes', forged(payload, { signature: Buffer.alloc(65, 1).toString('base64url') })],
  ]

  it.each(mutants)('%s is refused', async (_name, jws) => {
    await isRefused(envelope(jws), /ES256|signature/, judging)
  })

  it('that fits is accepted', async () => {
    expect(await post(judging, notification.body)).toMatchObject({ kind: 'accepted' })
  })

  it('another spelling of the same bytes is refused', async () => {
    const jws = notification.signedPayload
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(jws.at(-1) ?? '')
    expect(last % 16).toBe(0)
    for (let low = 1; low < 16; low += 1) {
      expect(await post(judging, envelope(jws.slice(0, -1) + alphabet[last + low]))).toMatchObject({
        kind: 'refused',
        status: 400,
      })
    }
  })

  it('letters that only end in the same byte are refused', async () => {
    const [header = '', body = '', signature = ''] = notification.signedPayload.split('.')
    for (const at of [0, 4, 400, 4000]) {
      const widened = String.fromCharCode(0x100 + body.charCodeAt(at))
      await isRefused(
        envelope(`${header}.${body.slice(0, at)}${widened}${body.slice(at + 1)}.${signature}`),
        /signature/,
      )
    }
  })
})

describe('the certificates (A3)', () => {
  const chains: readonly (readonly [string, ChainOptions, RegExp])[] = [
    ['a leaf without its marker', { leafMarker: null }, /not one for App Store data/],
    ['a leaf with the intermediate’s marker', { leafMarker: '1.2.840.113635.100.6.2.1' }, /not one for App Store data/],
    ['a leaf with a developer’s marker', { leafMarker: '1.2.840.113635.100.6.1.13' }, /not one for App Store data/],
    ['an intermediate without its marker', { intermediateMarker: null }, /intermediate certificate is not Apple/],
    [
      'an intermediate with the leaf’s marker',
      { intermediateMarker: '1.2.840.113635.100.6.11.1' },
      /intermediate certificate is not Apple/,
    ],
    ['an intermediate that is no CA', { intermediateIsCa: false }, /may not issue/],
    ['a leaf that names another issuer', { leafIssuerName: 'Somebody else' }, /names another issuer/],
    [
      'an intermediate that names another root',
      { intermediateIssuerName: 'Somebody else' },
      /does not lead to a trusted/,
    ],
    [
      'a leaf signed by another key',
      { leafSignedBy: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey },
      /was not signed by the intermediate/,
    ],
    [
      'an intermediate signed by another key',
      { intermediateSignedBy: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey },
      /does not lead to a trusted/,
    ],
    ['a leaf on another curve', { leafCurve: 'P-384' }, /not a P-256 key/],
  ]

  it.each(chains)('%s is refused', async (_name, options, reason) => {
    const broken = createSigner(mintChain({ root: signer.chain.root, ...options }, NOW))
    await isRefused(envelope(broken.jws(payload)), reason)
  })

  it('the same chain with nothing wrong is accepted', async () => {
    const fine = createSigner(mintChain({ root: signer.chain.root }, NOW))
    expect(await post(store, envelope(fine.jws(payload)))).toMatchObject({ kind: 'accepted' })
  })

  it('two or four certificates, the wrong order, the leaf as its own issuer and what is no certificate are refused', async () => {
    const [leaf = '', intermediate = '', root = ''] = signer.chain.x5c
    const cut = Buffer.from(leaf, 'base64').subarray(0, -1).toString('base64')
    const longer = Buffer.concat([Buffer.from(leaf, 'base64'), Buffer.from([0])]).toString('base64')
    const lists: readonly unknown[] = [
      undefined,
      'text',
      [],
      [leaf],
      [leaf, intermediate],
      [leaf, intermediate, root, root],
      [intermediate, leaf, root],
      [leaf, leaf, root],
      [leaf, root, root],
      [intermediate, intermediate, root],
      [leaf, 'AAAA', root],
      ['', '', ''],
      [1, 2, 3],
      [cut, intermediate, root],
      [longer, intermediate, root],
      [`${leaf}\n`, intermediate, root],
    ]
    for (const x5c of lists) await isRefused(envelope(forged(payload, { header: { x5c } })), /certificate/)
    expect(lists).toHaveLength(16)
  })
})

describe('the dates (A4)', () => {
  const from = NOW - DAY
  const until = NOW + DAY
  const cases: readonly (readonly [keyof ChainOptions, keyof ChainOptions])[] = [
    ['leafFrom', 'leafUntil'],
    ['intermediateFrom', 'intermediateUntil'],
    ['rootFrom', 'rootUntil'],
  ]

  it.each(cases)('count at the signature, with a minute to spare (%s, %s)', async (begin, end) => {
    const chain = mintChain({ [begin]: from, [end]: until }, NOW)
    const limited = createSigner(chain)
    const using = appStore({ roots: [chain.rootPem] })
    const at = async (signedDate: number): Promise<string> =>
      (await post(using, envelope(limited.jws({ ...payload, signedDate })))).kind
    expect(await at(from - 60_000)).toBe('accepted')
    expect(await at(from - 61_000)).toBe('refused')
    expect(await at(until + 60_000)).toBe('accepted')
    expect(await at(until + 61_000)).toBe('refused')
    // The chain's verdict is kept by now: the dates are still each message's own.
    expect(await at(NOW)).toBe('accepted')
    expect(await at(until + 61_000)).toBe('refused')
  })

  it('are those of each inner part too', async () => {
    const old = NOW - 3_000 * DAY
    await isRefused(
      resigned(notification, { transaction: { signedDate: old } }),
      /signedTransactionInfo.*were not valid/,
    )
    await isRefused(resigned(notification, { renewal: { signedDate: old } }), /signedRenewalInfo.*were not valid/)
  })

  it('of a message that tells no date are those of now', async () => {
    const chain = mintChain({ leafFrom: NOW - 10 * DAY, leafUntil: NOW - DAY }, NOW)
    const body = envelope(createSigner(chain).jws({ ...payload, signedDate: undefined }))
    await isRefused(body, /were not valid/, appStore({ roots: [chain.rootPem] }))
  })
})

describe('many chains (A8)', () => {
  it('40 good ones are all accepted, and a bounded number is kept', () => {
    const root = signer.chain.root
    const judge = createChainJudge([root.certificate], () => NOW)
    const chains = Array.from({ length: 40 }, () => mintChain({ root, intermediate: signer.chain.intermediate }, NOW))
    for (const { x5c } of [...chains, ...chains]) expect(judge.judge(x5c).ok).toBe(true)
    expect(judge.kept).toBe(32)
  })

  it('bad ones are not kept, and a verdict is not kept for ever', () => {
    let now = NOW
    const judge = createChainJudge([signer.chain.root.certificate], () => now)
    for (let n = 0; n < 40; n += 1) expect(judge.judge(mintChain({ leafMarker: null }, NOW).x5c).ok).toBe(false)
    expect(judge.kept).toBe(0)
    const first = judge.judge(signer.chain.x5c)
    expect(judge.judge(signer.chain.x5c)).toMatchObject(first)
    now += 3_600_001
    const later = judge.judge(signer.chain.x5c)
    expect(later.ok && first.ok && later.chain !== first.chain).toBe(true)
  })

  it('a certificate has one spelling', () => {
    const judge = createChainJudge([signer.chain.root.certificate], () => NOW)
    const [leaf = '', intermediate = '', root = ''] = signer.chain.x5c
    expect(judge.judge([leaf, intermediate, root]).ok).toBe(true)
    expect(judge.judge([leaf.replace(/.$/, '=='), intermediate, root]).ok).toBe(false)
  })
})

describe('the form', () => {
  const shapeless: readonly (readonly [string, string])[] = [
    ['no body', ''],
    ['no JSON', 'signedPayload='],
    ['a list', '[]'],
    ['null', 'null'],
    ['no signedPayload', '{"payload":"a.b.c"}'],
    ['a number', '{"signedPayload":1}'],
    ['an empty text', '{"signedPayload":""}'],
    ['no dots', '{"signedPayload":"abc"}'],
    ['two parts', '{"signedPayload":"a.b"}'],
    ['four parts', '{"signedPayload":"a.b.c.d"}'],
    ['empty parts', '{"signedPayload":".."}'],
    ['no header', `{"signedPayload":"AAAA.AAAA.${'A'.repeat(86)}"}`],
    ['a version 1 notification', '{"notification_type":"DID_RENEW","unified_receipt":{}}'],
  ]

  it.each(shapeless)('%s is no notification', async (_name, body) => {
    expect(await post(store, body)).toMatchObject({ kind: 'refused', status: 400, claimed: null })
  })

  it('bytes of any kind are refused without a throw', async () => {
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from('{"signedPayload":"\ud800.a.b"}'),
      Buffer.alloc(100_000, 0x7b),
    ]
    for (const body of bodies) expect((await post(store, body)).kind).toBe('refused')
    expect(bodies).toHaveLength(4)
  })

  it('what was accepted carries its id, environment, type, time and bytes', async () => {
    expect(await post(store, notification.body)).toEqual({
      kind: 'accepted',
      message: {
        sourceKey: notification.uuid,
        environment: 'production',
        type: 'SUBSCRIBED/INITIAL_BUY',
        sentAt: notification.at,
        body: notification.body,
      },
    })
  })
})
