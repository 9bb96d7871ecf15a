import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { RoutePolicy } from '../../src/http/access.ts'
import { started } from './started.ts'

interface Document {
  readonly openapi: string
  readonly paths: Record<
    string,
    Record<
      string,
      { readonly summary?: string; readonly security?: unknown; readonly responses: Record<string, unknown> }
    >
  >
  readonly components: { readonly schemas: Record<string, { readonly properties?: Record<string, unknown> }> }
}

const SECURITY: Readonly<Partial<Record<RoutePolicy, unknown>>> = {
  open: [],
  project: [{ session: [] }, { secret_key: [] }],
  member: [{ session: [] }],
  operator: [{ operator: [] }],
}

describe('/api/openapi.json', () => {
  it('describes every route under /api, with who may use it', async () => {
    const { public: app, routes } = await started()
    const document = (await app.inject('/api/openapi.json')).json<Document>()
    expect(document.openapi).toBe('3.1.0')
    const described = routes.filter(({ url }) => url.startsWith('/api/') && url !== '/api/openapi.json')
    for (const { method, url, policy } of described) {
      const operation = document.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect(operation?.summary, url).toMatch(/^[A-Z]/)
      expect(operation?.security, url).toEqual(SECURITY[policy])
    }
    expect(Object.values(document.paths).flatMap((path) => Object.keys(path))).toHaveLength(described.length)
    expect(described.length).toBeGreaterThanOrEqual(18)
  })

  it('names its shapes once and refers to them', async () => {
    const { public: app } = await started()
    const { body } = await app.inject('/api/openapi.json')
    const { components } = JSON.parse(body) as Document
    for (const name of ['Event', 'Delivery', 'Attempt', 'Notification', 'Integration', 'App', 'Customer', 'Problem']) {
      expect(components.schemas[name]?.properties, name).toBeDefined()
    }
    for (const [, name] of body.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(components.schemas).toHaveProperty(name ?? '')
  })
})

describe('docs/api.md', () => {
  it('names every route and every metric of ours', async () => {
    const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
    const { routes, meters } = await started()
    const api = routes.filter(({ url }) => url.startsWith('/api/'))
    for (const { method, url } of api) {
      const path = url.replace(/^\/api\/projects\/:project(?=\/)/, '').replace(/:(\w+)/g, '{$1}')
      expect(page, url).toContain(`\`${method} ${path}\``)
    }
    expect(api.length).toBeGreaterThanOrEqual(19)
    const names = [...(await meters.scrape()).matchAll(/^# TYPE (tributary_\w+)/gm)].map(([, name]) => name ?? '')
    for (const name of names.filter((metric) => !/info|unreadable/.test(metric))) expect(page).toContain(`\`${name}\``)
    expect(names.length).toBeGreaterThanOrEqual(14)
  })
})
