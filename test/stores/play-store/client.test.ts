import { describe, expect, it } from 'vitest'
import { mintServiceAccount } from '../../../src/stand-ins/play-store/google-keys.ts'
import type { Fetched, Resolved } from '../../../src/stores/store.ts'
import { type Connection, connect } from './connected.ts'
import { keptOf } from './played.ts'
import { NOW, SETTINGS } from './setting.ts'

const plan = { product: 'gold', basePlan: 'monthly', price: 9.99, period: 'P1M', at: NOW } as const

async function ask({ store, app, play }: Connection): Promise<Fetched<Resolved>> {
  const { opening, token } = play.subscribe(plan)
  const linked = () => Promise.resolve(null)
  const answer = await store.resolve?.(
    { subject: token, environment: 'production', messages: [keptOf(opening)], at: NOW, linked },
    app,
  )
  if (answer === undefined) throw new Error('The store resolves nothing.')
  return answer
}

describe('the Google Play Developer API', () => {
  it('is asked with a bearer that a service account’s signature got, once for many calls', async () => {
    const connection = await connect()
    for (let n = 0; n < 3; n += 1) expect(await ask(connection)).toMatchObject({ kind: 'fetched' })
    const paths = connection.sent.map(({ url }) => new URL(url).pathname.split('/').slice(0, 4).join('/'))
    expect(paths.filter((path) => path === '/token')).toHaveLength(1)
    expect(paths.filter((path) => path === '/androidpublisher/v3/applications')).toHaveLength(6)
    expect(connection.standIn.refusals).toEqual([])
  })

  it('gets a new bearer before the old one is over', async () => {
    const connection = await connect()
    await ask(connection)
    connection.clock.now += 56 * 60_000
    expect(await ask(connection)).toMatchObject({ kind: 'fetched' })
    expect(connection.sent.filter(({ url }) => url.endsWith('/token'))).toHaveLength(2)
    expect(connection.standIn.refusals).toEqual([])
  })

  it('gets a new bearer at once when one is withdrawn', async () => {
    const connection = await connect()
    await ask(connection)
    connection.standIn.withdrawBearers()
    expect(await ask(connection)).toMatchObject({ kind: 'fetched' })
  })

  it('many questions at once ask for one bearer', async () => {
    const connection = await connect()
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(connection)))
    expect(answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 8 }, () => 'fetched'))
    expect(connection.sent.filter(({ url }) => url.endsWith('/token'))).toHaveLength(1)
  })

  it('that refuses the key is a matter of credentials, in a sentence that names the app and no secret', async () => {
    const stranger = mintServiceAccount('stranger')
    const connection = await connect({ app: { settings: { ...SETTINGS, service_account: stranger.json } } })
    const answer = await ask(connection)
    expect(answer).toMatchObject({
      kind: 'credentials',
      reason: expect.stringMatching(/service_account of android .*\.$/),
    })
    expect(JSON.stringify(answer)).not.toContain('PRIVATE KEY')
  })

  const error = (status: number, reason: string, headers: Readonly<Record<string, string>> = {}) =>
    ({
      kind: 'answer',
      status,
      headers,
      body: JSON.stringify({ error: { code: status, errors: [{ reason }] } }),
    }) as const
  it.each([
    ['401', error(401, 'authError'), 'credentials'],
    ['403', error(403, 'permissionDenied'), 'credentials'],
    ['403 for a quota', error(403, 'rateLimitExceeded'), 'retry'],
    ['408', error(408, 'timeout'), 'retry'],
    ['409', error(409, 'concurrentUpdate'), 'retry'],
    ['429', error(429, 'quotaExceeded'), 'retry'],
    ['500', error(500, 'backendError'), 'retry'],
    ['503 without a body', { kind: 'answer', status: 503, body: '' }, 'retry'],
    ['418', { kind: 'answer', status: 418, body: 'x' }, 'retry'],
    ['a redirect', { kind: 'answer', status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'retry'],
    ['no JSON', { kind: 'body', body: '<html>' }, 'retry'],
    ['a list', { kind: 'body', body: '[]' }, 'retry'],
    ['a cut before', { kind: 'cut_before' }, 'retry'],
    ['a cut after', { kind: 'cut_after' }, 'retry'],
  ] as const)('answers of every kind: %s → what is told', async (_name, fault, kind) => {
    const connection = await connect()
    await ask(connection)
    connection.standIn.always(fault)
    const answer = await ask(connection)
    expect(answer.kind, JSON.stringify(answer)).toBe(kind)
    expect(JSON.stringify(answer)).not.toMatch(/tok\d/)
    connection.standIn.always(null)
    expect(await ask(connection)).toMatchObject({ kind: 'fetched' })
  })

  it('comes back when Google says', async () => {
    const connection = await connect()
    await ask(connection)
    connection.standIn.script([error(429, 'quotaExceeded', { 'retry-after': '30' })])
    expect(await ask(connection)).toMatchObject({ kind: 'retry', afterMs: 30_000 })
    connection.standIn.script([error(503, 'x', { 'retry-after': new Date(NOW + 90_000).toUTCString() })])
    expect(await ask(connection)).toMatchObject({ kind: 'retry', afterMs: 90_000 })
  })

  it('forgets a token after 60 days (410) and never knew others (404): a note, and nothing is concluded', async () => {
    const { store, app, play } = await connect()
    const s = play.subscribe(plan)
    s.forget()
    for (const subject of [s.token, 'never']) {
      const linked = () => Promise.resolve(null)
      const messages = [keptOf(s.opening)]
      const answer = await store.resolve?.({ subject, environment: 'production', messages, at: NOW, linked }, app)
      expect(answer).toMatchObject({
        kind: 'fetched',
        value: { observations: [], note: expect.stringContaining('60 days') },
      })
      expect(JSON.stringify(answer)).not.toContain(s.token)
    }
  })

  it('stays within the app’s own budget', async () => {
    const connection = await connect()
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(connection)))
    const over = answers.filter((answer) => answer.kind === 'retry')
    expect(over).toHaveLength(10)
    expect(over).toEqual(
      over.map(() => ({ kind: 'retry', reason: expect.stringContaining('budget'), afterMs: expect.any(Number) })),
    )
    connection.clock.now += 60_000
    expect(await ask(connection)).toMatchObject({ kind: 'fetched' })
  })

  it('gives what its budget gains to questions that end: none is stopped halfway and begun again', async () => {
    const connection = await connect()
    const questions = 60
    let waited = 0
    for (let n = 0; n < questions; n += 1) {
      let answer = await ask(connection)
      if (answer.kind === 'retry') {
        waited += answer.afterMs ?? 0
        connection.clock.now += answer.afterMs ?? 0
        answer = await ask(connection)
      }
      expect(answer, `question ${n}`).toMatchObject({ kind: 'fetched' })
    }
    const reads = connection.sent.filter(({ url }) => !url.endsWith('/token')).length
    expect(reads).toBe(2 * questions)
    // 40 go at once, 20 a second after that.
    expect(waited).toBeGreaterThanOrEqual(((reads - 40) / 20 - 0.1) * 1_000)
  })

  it('says in `check` whether the credentials work', async () => {
    const { store, app } = await connect()
    expect(await store.check?.('production', app)).toMatchObject({ kind: 'fetched' })
  })
})
