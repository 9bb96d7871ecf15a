import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fastify } from 'fastify'
import type { HubDoors } from '../src/http/doors.ts'
import { apiRoutes } from '../src/http/routes/api.ts'

/** Where the dashboard reads the types of the API from. */
export const SCHEMA_FILE = fileURLToPath(new URL('../dashboard/src/api/schema.d.ts', import.meta.url))

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly nullable?: boolean
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface Operation {
  readonly parameters?: readonly {
    readonly in: string
    readonly name: string
    readonly required?: boolean
    readonly schema?: Schema
  }[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly responses?: Readonly<Record<string, Content>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas?: Readonly<Record<string, Schema>> }
}

const HEAD = `/** Written by tools/dashboard-api.ts from the hub's own OpenAPI document; \`npm run dashboard:api\` writes it anew. */\n\n`

/**
 * The OpenAPI document as the types that openapi-fetch reads. Own code, since the usual generator needs the programming
 * interface of a TypeScript that this repository does not use any more.
 */
export async function dashboardApi(): Promise<string> {
  const { paths, components } = await openApiDocument()
  const used = namesIn(paths, components.schemas ?? {})
  const schemas = Object.entries(components.schemas ?? {})
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const routes = Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    HEAD,
    'export interface components {\n  schemas: {\n',
    ...schemas.map(([name, schema]) => `    ${keyOf(name)}: ${typeOf(schema, 2)}\n`),
    '  }\n}\n\nexport interface paths {\n',
    ...routes.map(([path, operations]) => pathOf(path, operations)),
    '}\n',
  ].join('')
}

/** The shapes that a route refers to; the document names each of them a second time, as what goes in. */
function namesIn(from: unknown, schemas: Readonly<Record<string, Schema>>, found = new Set<string>()): Set<string> {
  for (const [, name = ''] of JSON.stringify(from).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (found.has(name)) continue
    found.add(name)
    namesIn(schemas[name], schemas, found)
  }
  return found
}

async function openApiDocument(): Promise<Document> {
  const app = fastify()
  app.decorateRequest('access', null)
  // Declaring a route asks nothing of the other rooms; who does so anyway hears of it.
  const doors = new Proxy({}, { get: () => doors, has: () => true }) as HubDoors
  const closing = new AbortController().signal
  const origins = { base: 'http://hub', admin: null }
  apiRoutes(app, doors, { baseUrl: 'http://hub', version: '0', https: false, origins, closing })
  await app.ready()
  const document = (await app.inject('/api/openapi.json')).json<Document>()
  await app.close()
  return document
}

function pathOf(path: string, operations: Readonly<Record<string, Operation>>): string {
  const methods = Object.entries(operations).map(([method, operation]) => `    ${method}: ${operationOf(operation)}\n`)
  return `  ${keyOf(path)}: {\n${methods.join('')}  }\n`
}

function operationOf(operation: Operation): string {
  const given = (place: string): string => {
    const list = (operation.parameters ?? []).filter((one) => one.in === place)
    if (list.length === 0) return `        ${place}?: never\n`
    const optional = list.every(({ required }) => required !== true)
    const keys = list.map(
      ({ name, required, schema }) =>
        `          ${keyOf(name)}${required === true ? '' : '?'}: ${typeOf(schema ?? {}, 5)}\n`,
    )
    return `        ${place}${optional ? '?' : ''}: {\n${keys.join('')}        }\n`
  }
  const body = operation.requestBody
  const bodyText = body === undefined ? 'requestBody?: never' : `requestBody: {${contentOf(body)}}`
  const responses = Object.entries(operation.responses ?? {}).map(
    ([status, response]) =>
      `        ${status === 'default' ? status : Number(status)}: { headers: Record<string, unknown>;${contentOf(response)}}\n`,
  )
  return `{\n      parameters: {\n${['query', 'path'].map(given).join('')}      }\n      ${bodyText}\n      responses: {\n${responses.join('')}      }\n    }`
}

function contentOf({ content }: Content): string {
  const types = Object.entries(content ?? {}).map(([type, { schema }]) => ` ${keyOf(type)}: ${typeOf(schema ?? {}, 4)}`)
  return types.length === 0 ? ' content?: never ' : ` content: {${types.join(';')} } `
}

function typeOf(schema: Schema, depth: number): string {
  const text = plainTypeOf(schema, depth)
  return schema.nullable === true ? `${text} | null` : text
}

function plainTypeOf(schema: Schema, depth: number): string {
  const { $ref, type } = schema
  if ($ref !== undefined) return `components['schemas']['${$ref.slice('#/components/schemas/'.length)}']`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return unionOf(either.map((one) => typeOf(one, depth)))
  if (schema.allOf !== undefined) return schema.allOf.map((one) => typeOf(one, depth)).join(' & ')
  if (Array.isArray(type)) return unionOf(type.map((one: string) => plainTypeOf({ ...schema, type: one }, depth)))
  switch (type) {
    case 'string':
      return 'string'
    case 'number':
    case 'integer':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map((one) => typeOf(one, depth)).join(', ')}]`
      return `(${typeOf(schema.items ?? {}, depth)})[]`
    case 'object':
      return objectOf(schema, depth)
    default:
      return 'unknown'
  }
}

function unionOf(members: readonly string[]): string {
  return [...new Set(members)].join(' | ')
}

function objectOf(schema: Schema, depth: number): string {
  const pad = '  '.repeat(depth + 1)
  const required = new Set(schema.required)
  const keys = Object.entries(schema.properties ?? {}).map(
    ([name, value]) => `${pad}${keyOf(name)}${required.has(name) ? '' : '?'}: ${typeOf(value, depth + 1)}\n`,
  )
  const { additionalProperties: more } = schema
  if (keys.length > 0) return `{\n${keys.join('')}${'  '.repeat(depth)}}`
  if (typeof more === 'object') return `Record<string, ${typeOf(more, depth)}>`
  return more === false ? 'Record<string, never>' : 'Record<string, unknown>'
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await dashboardApi()
  const same = text === readFileSync(SCHEMA_FILE, { encoding: 'utf8', flag: 'a+' })
  if (!same) writeFileSync(SCHEMA_FILE, text)
  console.log(`dashboard/src/api/schema.d.ts: ${same ? 'as it was' : 'written'}`)
}
