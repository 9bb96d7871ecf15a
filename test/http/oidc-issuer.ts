import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An identity provider on loopback, as strict as a real one: it refuses what it did not hand out. */
export interface Issuer {
  readonly url: string
  /** What it says of the person; a test changes it. */
  claims: Record<string, unknown>
  /** What a test may break. */
  broken: 'nothing' | 'signature' | 'nonce' | 'audience' | 'issuer' | 'expired' | 'silent'
  /** Requests to it, by path. */
  readonly asked: string[]
  /** Signs in there: gives the address to which the browser goes back. */
  approve(authorizationUrl: string): string
  close(): Promise<void>
}

export const CLIENT = { id: 'tributary', secret: 'the secret of the client' }

interface Grant {
  readonly nonce: string
  readonly challenge: string
  readonly redirectUri: string
}

export async function startIssuer(redirectUri: string): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const grants = new Map<string, Grant>()
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    issuer.asked.push(path)
    if (issuer.broken === 'silent') return
    if (path === '/realm/.well-known/openid-configuration') return json(response, 200, discoveryOf(issuer.url))
    if (path === '/keys') return json(response, 200, { keys: [jwkOf(publicKey)] })
    if (path === '/token')
      return void answerToken(request, response, {
        issuer,
        grants,
        key: issuer.broken === 'signature' ? other : privateKey,
      })
    json(response, 404, { error: 'not_found' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm/`,
    claims: {},
    broken: 'nothing',
    asked: [],
    approve(authorizationUrl) {
      const { pathname, searchParams } = new URL(authorizationUrl)
      const given = (name: string): string => searchParams.get(name) ?? ''
      const right =
        pathname === '/authorize' &&
        given('client_id') === CLIENT.id &&
        given('redirect_uri') === redirectUri &&
        given('response_type') === 'code' &&
        given('code_challenge_method') === 'S256' &&
        given('scope').split(' ').includes('openid')
      if (!right || given('state').length < 20 || given('nonce').length < 20)
        throw new Error(`the provider refuses ${authorizationUrl}`)
      const code = `code-${grants.size}-of-the-provider`
      grants.set(code, {
        nonce: given('nonce'),
        challenge: given('code_challenge'),
        redirectUri: given('redirect_uri'),
      })
      return `${redirectUri}?code=${code}&state=${given('state')}`
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return issuer
}

function discoveryOf(issuer: string) {
  const origin = new URL(issuer).origin
  return {
    issuer,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  }
}

const jwkOf = (key: KeyObject) => ({
  ...createPublicKey(key.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' }),
  kid: 'one',
  use: 'sig',
  alg: 'RS256',
})

async function answerToken(
  request: IncomingMessage,
  response: ServerResponse,
  { issuer, grants, key }: { readonly issuer: Issuer; readonly grants: Map<string, Grant>; readonly key: KeyObject },
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  const code = form.get('code') ?? ''
  const grant = grants.get(code)
  // A code works once.
  grants.delete(code)
  const client = form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  if (request.method !== 'POST' || !client) return json(response, 401, { error: 'invalid_client' })
  if (grant?.challenge !== challenge || form.get('redirect_uri') !== grant.redirectUri)
    return json(response, 400, { error: 'invalid_grant' })
  const now = Math.floor(Date.now() / 1000) - (issuer.broken === 'expired' ? 7200 : 0)
  const claims = {
    iss: issuer.broken === 'issuer' ? 'https://evil.example' : issuer.url,
    aud: issuer.broken === 'audience' ? 'somebody else' : CLIENT.id,
    nonce: issuer.broken === 'nonce' ? 'of another sign-in' : grant.nonce,
    iat: now,
    exp: now + 300,
    ...issuer.claims,
  }
  json(response, 200, { access_token: 'access', token_type: 'Bearer', id_token: signed(claims, key) })
}

function signed(claims: object, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${part(claims)}`
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
