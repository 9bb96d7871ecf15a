import { beforeEach, describe, expect, it } from 'vitest'
import { ACME_KEY, NOW, OTHER_KEY, PUBLIC_KEY } from '../in-memory-doors.ts'
import { type Started, started } from '../started.ts'

let servers: Started
beforeEach(async () => {
  servers = await started()
})

function post(id: string, payload: unknown, key = ACME_KEY, headers: Record<string, string> = {}) {
  return servers.public.inject({
    method: 'POST',
    url: `/v1/subscribers/${encodeURIComponent(id)}/attributes`,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
}

describe('POST /v1/subscribers/{id}/attributes', () => {
  it('stores and answers 200 {}', async () => {
    const answer = await post('user-1', {
      attributes: { $email: { value: 'a@example.com', updated_at_ms: NOW - 5 }, plan: { value: 'gold' } },
    })
    expect([answer.statusCode, answer.body]).toEqual([200, '{}'])
    expect(servers.hub.attributes.get('acme\nuser-1')).toEqual({
      $email: { value: 'a@example.com', updatedAt: NOW - 5 },
      plan: { value: 'gold', updatedAt: NOW },
    })
  })

  it('stores for the project of the key', async () => {
    await post('user-1', { attributes: { plan: { value: 'x', updated_at_ms: 1 } } }, OTHER_KEY)
    expect([...servers.hub.attributes.keys()]).toEqual(['other\nuser-1'])
  })

  it('names the keys that it refuses and stores the others all the same', async () => {
    const answer = await post('user-1', {
      attributes: {
        $nope: { value: 'x', updated_at_ms: 1 },
        number: { value: 5, updated_at_ms: 1 },
        when: { value: 'x', updated_at_ms: 'yesterday' },
        bare: 'x',
        plan: { value: 'gold', updated_at_ms: 1 },
      },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 7263, message: expect.any(String) })
    expect(
      answer
        .json()
        .attribute_errors.map(({ key_name }: { key_name: string }) => key_name)
        .sort(),
    ).toEqual(['$nope', 'bare', 'number', 'when'])
    expect(Object.keys(servers.hub.attributes.get('acme\nuser-1') ?? {})).toEqual(['plan'])
  })

  it('deletes by null', async () => {
    await post('user-1', { attributes: { plan: { value: 'gold', updated_at_ms: 1 } } })
    await post('user-1', { attributes: { plan: { value: null, updated_at_ms: 2 } } })
    expect(servers.hub.attributes.get('acme\nuser-1')).toEqual({})
  })

  it.each(['{}', '[]', '"x"', 'null', '{"attributes":[]}', '{"attributes":null}', '{"attribute":{}}'])(
    'answers 400 with 7264 to %s',
    async (body) => {
      const answer = await post('user-1', body)
      expect(answer.statusCode).toBe(400)
      expect(answer.json()).toEqual({ code: 7264, message: expect.any(String) })
    },
  )

  it.each(['{', '{"attributes":{}', '', '{"attributes":{}}x'])('answers 400 to %j', async (body) => {
    expect((await post('user-1', body)).statusCode).toBe(400)
  })

  it.each(['null', 'a/b', '0', '[object Object]', 'x'.repeat(101), 'a\nb'])(
    'refuses the id %j with 7256 and stores nothing',
    async (id) => {
      const answer = await post(id, { attributes: { plan: { value: 'x' } } })
      expect([answer.statusCode, answer.json().code]).toEqual([400, 7256])
      expect(servers.hub.attributes.size).toBe(0)
    },
  )

  it('refuses an empty id with 7220', async () => {
    expect((await post(' ', { attributes: {} })).json()).toMatchObject({ code: 7220 })
  })

  it('takes ids of any alphabet', async () => {
    const id = `${'ß😀ключ'.repeat(12)}`
    expect((await post(id, { attributes: { plan: { value: 'x' } } })).statusCode).toBe(200)
    expect([...servers.hub.attributes.keys()]).toEqual([`acme\n${id}`])
  })

  it('answers 401 with 7225 to a bad key or none', async () => {
    expect((await post('user-1', { attributes: {} }, 'sk_wrong')).json()).toEqual({
      code: 7225,
      message: expect.any(String),
    })
    const none = await servers.public.inject({ method: 'POST', url: '/v1/subscribers/x/attributes' })
    expect([none.statusCode, none.json().code]).toEqual([401, 7225])
    expect((await post('user-1', { attributes: {} }, PUBLIC_KEY)).statusCode).toBe(200)
  })

  it('stores no attribute named __proto__, constructor or prototype', async () => {
    const answer = await post(
      'user-1',
      '{"attributes":{"__proto__":{"value":"x"},"constructor":{"value":"x"},"prototype":{"value":"x"},"plan":{"value":"x"}}}',
    )
    expect(answer.json().attribute_errors).toHaveLength(3)
    expect(Object.keys(servers.hub.attributes.get('acme\nuser-1') ?? {})).toEqual(['plan'])
    expect(({} as { value?: string }).value).toBeUndefined()
  })
})
