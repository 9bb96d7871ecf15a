import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { demoStory } from '../../src/cli/demo/story.ts'
import { startWorld, type World } from '../../src/cli/demo/world.ts'
import type { Destination } from '../../src/destinations/destination.ts'
import { makeSetupLink, makeSignInLink, THE_OPERATOR } from '../../src/members/links.ts'
import { createPasswords } from '../../src/members/passwords.ts'
import { buildDashboardIfChanged } from '../../tools/dashboard.ts'
import { launchChromium, type RunningChromium } from '../chromium.ts'
import { followRequests } from './settled.ts'
import { type Judged, watch } from './watch.ts'

/**
 * The dashboard as a person has it: a real hub with the demo's world, the built page, the system's Chromium. One of each
 * for a file of tests, since each costs seconds.
 */
export const OWNER = { email: 'ana@example.com', name: 'Ana Lima', password: 'a quiet river in autumn' } as const

export interface OpenOptions {
  /** The e-mail of who is signed in; default: the owner; null: nobody. */
  readonly as?: string | null
  readonly width?: 1280 | 390
  readonly scheme?: 'light' | 'dark'
}

export interface Opened extends Judged {
  readonly page: Page
  /** `/acme/events` of this hub; resolves when the page has its heading. */
  go(path: string): Promise<void>
  /** All that it asked for has come, and was drawn. */
  settled(): Promise<void>
}

export interface Place {
  readonly world: World
  readonly address: string
  /** As a page asks it, with a session of the owner. */
  ask(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<Response>
  open(options?: OpenOptions): Promise<Opened>
}

interface Running extends Place {
  /** Closes the pages that were opened: what nobody looks at would go on asking. */
  leave(): Promise<void>
  close(): Promise<void>
}

interface PlaceOptions {
  /** Whether the demo's purchases are played first; default: they are. */
  readonly story?: boolean
  /** Whether the first account is there; default: it is. */
  readonly owner?: boolean
  /** Kinds of receivers that the product does not have. */
  readonly destinations?: readonly Destination[]
}

/** For the whole file: `const dashboard = placeOfFile()`, then `await dashboard().open()` in a test. */
export function placeOfFile(options: PlaceOptions = {}): () => Place {
  let running: Running | null = null
  beforeAll(async () => {
    running = await startPlace(options)
  }, 120_000)
  afterEach(async () => running?.leave())
  afterAll(async () => running?.close())
  return () => {
    if (running === null) throw new Error('The place is there in tests only, not while they are collected.')
    return running
  }
}

async function startPlace({ story = true, owner = true, destinations = [] }: PlaceOptions): Promise<Running> {
  buildDashboardIfChanged()
  const chromium = await launchChromium()
  const world = await startWorld(0, { destinations })
  if (story) await playStory(world)
  if (owner) await makeOwner(world)
  const contexts: BrowserContext[] = []
  let session: Promise<Cookie> | null = null
  return {
    world,
    address: world.hub.address,
    ask: async (method, path, body) => {
      session ??= sessionOf(world, OWNER.email)
      const { name, value } = await session
      return asPage(world, method, path, body, { cookie: `${name}=${value}` })
    },
    open: async (options = {}) => {
      const opened = await openPage(chromium, world, options)
      contexts.push(opened.page.context())
      return opened
    },
    leave: async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()))
    },
    close: async () => {
      await chromium.close()
      await world.close()
    },
  }
}

async function playStory({ hub, stores }: World): Promise<void> {
  for (const scene of demoStory(stores, Date.now())) {
    for (const { name, path, headers, body } of scene.send()) {
      const answer = await fetch(`${hub.address}${path}`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`The hub answered ${answer.status} to ${name}.`)
      await answer.text()
      await hub.idle()
    }
  }
}

const depsOf = ({ hub }: World) => ({ storage: hub.storage, passwords: createPasswords(), now: Date.now })

/** The first account, made as a person makes it: with the link of the set-up. */
async function makeOwner(world: World): Promise<void> {
  const token = await makeSetupLink(depsOf(world))
  if (token === null) throw new Error('The hub has an account already.')
  const answer = await asPage(world, 'POST', '/api/links/use', { token, ...OWNER })
  if (!answer.ok) throw new Error(`The set-up link was refused with ${answer.status}: ${await answer.text()}`)
}

async function openPage({ browser }: RunningChromium, world: World, options: OpenOptions): Promise<Opened> {
  const { as = OWNER.email, width = 1280, scheme = 'light' } = options
  const { address } = world.hub
  const context = await browser.newContext({
    viewport: { width, height: width === 390 ? 844 : 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  if (as !== null) await signIn(context, world, as)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  return {
    page,
    ...watch(page),
    settled: followRequests(page),
    go: async (path) => {
      await page.goto(`${address}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    },
  }
}

interface Cookie {
  readonly name: string
  readonly value: string
}

function asPage(
  { hub: { address } }: World,
  method: string,
  path: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-tributary-request': '1', origin: address, ...more }
  return fetch(`${address}${path}`, { method, headers, body: JSON.stringify(body) })
}

/** By a link: passwords cost time, and a hub takes only so many of one account. */
async function sessionOf(world: World, email: string): Promise<Cookie> {
  const token = await makeSignInLink(email, 'a test', depsOf(world))
  if (token === null) throw new Error(`${email} has no account.`)
  const answer = await asPage(world, 'POST', '/api/links/use', { token })
  const [, name, value] = /^([^=]+)=([^;]+);/.exec(answer.headers.getSetCookie()[0] ?? '') ?? []
  if (!answer.ok || name === undefined || value === undefined)
    throw new Error(`The sign-in link was refused with ${answer.status}.`)
  return { name, value }
}

/**
 * Without a page of its own, which would cost each test half a second: that a browser keeps the cookie by itself is seen
 * by the tests of the sign-in. Browsers take loopback for a place as safe as one with TLS.
 */
async function signIn(context: BrowserContext, world: World, email: string): Promise<void> {
  const url = world.hub.address.replace(/^http:/, 'https:')
  const safe = { url, secure: true, httpOnly: true, sameSite: 'Strict' } as const
  await context.addCookies([{ ...(await sessionOf(world, email)), ...safe }])
}

/** The token of a link as `tributary members link` makes it. */
export async function operatorLink({ world }: Place, email: string): Promise<string> {
  const token = await makeSignInLink(email, THE_OPERATOR, depsOf(world))
  if (token === null) throw new Error(`${email} has no account.`)
  return token
}

const SHOTS = fileURLToPath(new URL('../../dashboard/shots/', import.meta.url))

/**
 * Pictures to look at, of a path in light and dark at both widths: with TRIBUTARY_SHOTS=1 only, into dashboard/shots/.
 * `ready` waits for what the page loads; `as` null: nobody is signed in.
 */
export async function takeShots(
  place: Place,
  name: string,
  path: string,
  ready: (page: Page) => Promise<unknown> = () => Promise.resolve(),
  as?: null,
): Promise<void> {
  if (process.env.TRIBUTARY_SHOTS !== '1') return
  mkdirSync(SHOTS, { recursive: true })
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390] as const) {
      const { page, go, settled } = await place.open({ scheme, width, ...(as === null ? { as } : {}) })
      await go(path)
      await ready(page)
      await settled()
      await page.screenshot({ path: `${SHOTS}${name}-${scheme}-${width}.png`, fullPage: true })
      await page.context().close()
    }
  }
}
