import { beforeEach, describe, expect, it } from 'vitest'
import type { Started } from '../started.ts'
import { ACME_KEY, ask, everywhere, ROWS } from './ask.ts'
import { decodedByAndroid, decodedByIos, decodedError } from './decoders.ts'
import { ANDROID_HEADERS, IOS_HEADERS } from './requests.ts'

const ANONYMOUS = '$RCAnonymousID:0123456789abcdef0123456789abcdef'

let servers: Started
beforeEach(async () => {
  servers = await everywhere()
})

describe('GET /v1/subscribers/{id}', () => {
  it('makes who is new (201) and knows the next time (200), in answers that both SDKs decode', async () => {
    const url = `/v1/subscribers/${encodeURIComponent(ANONYMOUS)}`
    const first = await ask(servers, url, { headers: IOS_HEADERS })
    const second = await ask(servers, url, { headers: ANDROID_HEADERS })
    expect([first.statusCode, second.statusCode]).toEqual([201, 200])
    for (const answer of [first, second]) {
      expect(decodedByIos(answer.json())).toEqual({ originalAppUserId: ANONYMOUS, entitlements: [] })
      expect(decodedByAndroid(answer.json())).toEqual({ originalAppUserId: ANONYMOUS, entitlements: [] })
    }
  })

  it('takes ids of any alphabet', async () => {
    const id = 'ß😀ключ $%?#&'
    const answer = await ask(servers, `/v1/subscribers/${encodeURIComponent(id)}`)
    expect(decodedByIos(answer.json()).originalAppUserId).toBe(id)
  })
})

describe('POST /v1/subscribers/identify', () => {
  it('says by the status whether the new id was made', async () => {
    const body = { app_user_id: ANONYMOUS, new_app_user_id: 'user-9' }
    const made = await ask(servers, '/v1/subscribers/identify', { body, headers: IOS_HEADERS })
    const known = await ask(servers, '/v1/subscribers/identify', { body, headers: ANDROID_HEADERS })
    expect([made.statusCode, known.statusCode]).toEqual([201, 200])
    expect(decodedByIos(made.json()).originalAppUserId).toBe('user-9')
    expect(decodedByAndroid(known.json()).originalAppUserId).toBe('user-9')
    expect(servers.hub.acts).toEqual(Array(2).fill(`identify acme ${ANONYMOUS} user-9`))
  })
})

describe('POST /v1/subscribers/{id}/alias', () => {
  it('makes two ids one, trusted only with a secret key', async () => {
    const body = { new_app_user_id: 'user-9' }
    const answers = [
      await ask(servers, '/v1/subscribers/user-1/alias', { body }),
      await ask(servers, '/v1/subscribers/user-1/alias', { body, key: ACME_KEY }),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect(decodedByAndroid(answers[0]?.json() ?? {}).originalAppUserId).toBe('user-9')
    expect(servers.hub.acts).toEqual(['alias acme user-1 user-9 public', 'alias acme user-1 user-9 trusted'])
  })

  it('says 7255 where they may not become one', async () => {
    servers.hub.aliasRefusal = 'Both are identified; use a secret key.'
    const answer = await ask(servers, '/v1/subscribers/user-1/alias', { body: { new_app_user_id: 'user-9' } })
    expect([answer.statusCode, answer.json()]).toEqual([400, { code: 7255, message: servers.hub.aliasRefusal }])
  })
})

describe('an id that may be nobody’s', () => {
  const BAD: readonly (readonly [string, number])[] = [
    [' ', 7220],
    ['null', 7256],
    ['a/b', 7256],
    ['0', 7256],
    ['[object Object]', 7256],
    ['x'.repeat(101), 7256],
    ['a\nb', 7256],
  ]

  it('is refused in every address, and nothing is done', async () => {
    const rows = ROWS.filter(({ route }) => route.includes(':id'))
    let seen = 0
    for (const { url, body, route } of rows) {
      for (const [id, code] of BAD) {
        const answer = await ask(servers, url.replace('user-1', encodeURIComponent(id)), { body })
        expect([answer.statusCode, decodedError(answer.json())], `${route} ${JSON.stringify(id)}`).toEqual([400, code])
        seen += 1
      }
    }
    expect(seen).toBe(10 * BAD.length)
    expect([servers.hub.acts, servers.hub.receipts, servers.hub.attributes.size]).toEqual([[], [], 0])
  })

  it('is refused in every body, whatever its type', async () => {
    const places: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
      ['/v1/subscribers/identify', 'app_user_id', { new_app_user_id: 'user-2' }],
      ['/v1/subscribers/identify', 'new_app_user_id', { app_user_id: 'user-1' }],
      ['/v1/subscribers/user-1/alias', 'new_app_user_id', {}],
      ['/v1/receipts', 'app_user_id', { fetch_token: 'a.b.c' }],
    ]
    const wrong: readonly (readonly [unknown, number])[] = [
      ...BAD,
      [undefined, 7220],
      [null, 7220],
      ['', 7220],
      [5, 7256],
      [true, 7256],
      [{}, 7256],
      [['user-1'], 7256],
    ]
    let seen = 0
    for (const [url, key, rest] of places) {
      for (const [value, code] of wrong) {
        const answer = await ask(servers, url, { body: { ...rest, [key]: value } })
        expect([answer.statusCode, answer.json().code], `${url} ${key} ${JSON.stringify(value)}`).toEqual([400, code])
        seen += 1
      }
    }
    expect(seen).toBe(places.length * wrong.length)
    expect([servers.hub.acts, servers.hub.receipts]).toEqual([[], []])
  })
})

describe('attribution', () => {
  it('is kept as it came, by its kind', async () => {
    await ask(servers, '/v1/subscribers/user-1/attribution', { body: { network: 5, data: { rc_x: 1 } } })
    await ask(servers, '/v1/subscribers/user-1/adservices_attribution', { body: { aad_attribution_token: 't' } })
    expect(servers.hub.acts).toEqual([
      'attribution acme user-1 {"network":5,"data":{"rc_x":1}}',
      'adservices_attribution acme user-1 {"aad_attribution_token":"t"}',
    ])
    const none = await ask(servers, '/v1/subscribers/user-1/attribution', { body: '[]' })
    expect([none.statusCode, decodedError(none.json())]).toEqual([400, 7226])
  })
})
