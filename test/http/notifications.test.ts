import { describe, expect, it } from 'vitest'
import type { AcceptAnswer } from '../../src/http/doors.ts'
import { started } from './started.ts'

const URL = '/notifications/app-store/acme/ios'
const JSON_TYPE = { 'content-type': 'application/json' }

describe('POST /notifications/{slug}/{project}/{app}', () => {
  it('hands the bytes on as they came and answers 200 with an empty body', async () => {
    const { public: app, hub } = await started()
    const payload = '{ "signedPayload" :  "a.b.c" }\n'
    const answer = await app.inject({ method: 'POST', url: URL, headers: { ...JSON_TYPE, 'x-store': 'seen' }, payload })
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
    expect(hub.accepted).toHaveLength(1)
    expect(hub.accepted[0]).toMatchObject({ projectId: 'acme', appId: 'ios', slug: 'app-store' })
    expect(hub.accepted[0]?.body.toString()).toBe(payload)
    expect(hub.accepted[0]?.headers['x-store']).toBe('seen')
  })

  it('takes a charset that says UTF-8', async () => {
    const { public: app } = await started()
    for (const type of ['application/json; charset=utf-8', 'application/json;charset="UTF-8"']) {
      const answer = await app.inject({ method: 'POST', url: URL, headers: { 'content-type': type }, payload: '{}' })
      expect(answer.statusCode).toBe(200)
    }
  })

  it.each([
    '/notifications/app-store/acme/nope',
    '/notifications/app-store/nope/ios',
    '/notifications/play-store/acme/ios',
    '/notifications/app-store/acme',
  ])('%s is 404 before anything is read of the body', async (url) => {
    const { public: app, hub } = await started()
    const answer = await app.inject({ method: 'POST', url, headers: JSON_TYPE, payload: '{}' })
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(hub.accepted).toHaveLength(0)
  })

  const answers: readonly AcceptAnswer[] = [
    { status: 204 },
    { status: 400 },
    { status: 401 },
    { status: 403 },
    { status: 413 },
    { status: 503, retryAfterS: 7 },
  ]
  it.each(answers)('gives the answer of ingest: $status', async (given) => {
    const { public: app, hub } = await started()
    hub.answer = () => given
    const answer = await app.inject({ method: 'POST', url: URL, headers: JSON_TYPE, payload: '{}' })
    expect(answer.statusCode).toBe(given.status)
    expect(answer.headers['retry-after']).toBe(given.status === 503 ? '7' : undefined)
    if (given.status > 299) expect(answer.json()).toMatchObject({ status: given.status, detail: expect.any(String) })
  })

  it('says 503 with Retry-After when ingest fails, and never that it was taken', async () => {
    const { public: app, hub, lines } = await started()
    hub.answer = () => {
      throw new Error('disk is full')
    }
    const answer = await app.inject({ method: 'POST', url: URL, headers: JSON_TYPE, payload: '{}' })
    expect(answer.statusCode).toBe(503)
    expect(answer.headers['retry-after']).toBe('5')
    expect(answer.body).not.toContain('disk is full')
    expect(JSON.stringify(lines)).toContain('disk is full')
  })

  it('refuses an empty body with 400', async () => {
    const { public: app } = await started()
    expect((await app.inject({ method: 'POST', url: URL, headers: JSON_TYPE, payload: '' })).statusCode).toBe(400)
    expect((await app.inject({ method: 'POST', url: URL })).statusCode).toBe(400)
  })

  it('writes no line for what went well, one for what did not, and neither holds the body', async () => {
    const { public: app, hub, lines } = await started()
    await app.inject({ method: 'POST', url: URL, headers: JSON_TYPE, payload: '{"signedPayload":"canary"}' })
    expect(lines).toHaveLength(0)
    hub.answer = () => ({ status: 401 })
    await app.inject({ method: 'POST', url: URL, headers: JSON_TYPE, payload: '{"signedPayload":"canary"}' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      status: 401,
      route: '/notifications/:slug/:project/:app',
      project: 'acme',
      level: 'info',
    })
    expect(JSON.stringify(lines)).not.toContain('canary')
  })
})
