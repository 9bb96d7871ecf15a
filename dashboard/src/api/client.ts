import createClient, { type Middleware } from 'openapi-fetch'
import { problemOf, silence } from './problem.ts'
import type { components, paths } from './schema.d.ts'

/** The shapes of the API by name: `Shape<'Event'>`. */
export type Shape<Name extends keyof components['schemas']> = components['schemas'][Name]

/** The hub takes acts of a signed-in browser only with this header, which no other site can send. */
const HEADERS = { 'x-tributary-request': '1', accept: 'application/json' } as const

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response)
    return undefined
  },
  onError: ({ error }) => (error instanceof TypeError ? silence() : undefined),
}

/** Requests with the types of the hub's own OpenAPI document. Whatever is no success is thrown as ApiProblem. */
export const api = createClient<paths>({ baseUrl: globalThis.location.origin, headers: HEADERS })
api.use(refusals)

/** The body of an answer: `await bodyOf(api.GET('/api/projects/{project}/apps', …))`. */
export async function bodyOf<Data>(answer: Promise<{ readonly data?: Data; readonly response: Response }>) {
  const { data, response } = await answer
  if (data === undefined) throw await problemOf(response)
  return data as Exclude<Data, undefined>
}

/** For a route that the document does not describe with a shape of its own. */
export async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? HEADERS : { ...HEADERS, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw silence()
  })
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as Answer
}

/** `?a=1&b=2` of what is set. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined | null>>): string {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const text = new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()
  return text === '' ? '' : `?${text}`
}
