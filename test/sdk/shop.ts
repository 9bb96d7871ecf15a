import type { Browser, Page } from 'playwright-core'
import { startChromium, startShop } from './chromium.ts'

/** One request of the page to the hub, and what came back. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
  answer(): Promise<unknown>
}

/** An open page of the shop in which `globalThis.sdk` is the module of the npm package. */
export interface Shop {
  readonly browser: Browser
  readonly page: Page
  /** What went to the hub, in the order of the answers; preflights are the browser's own affair and not among them. */
  readonly exchanges: readonly Exchange[]
  /** Errors and warnings of the console, exceptions that nobody caught, requests that got no answer. */
  readonly complaints: readonly string[]
  /** Hosts that were asked for anything. */
  readonly hosts: ReadonlySet<string>
}

export async function openShop(hub: string): Promise<Shop> {
  const origin = await startShop()
  const browser = await startChromium()
  const page = await (await browser.newContext()).newPage()
  const complaints: string[] = []
  const hosts = new Set<string>()
  const exchanges: Exchange[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
  page.on('requestfailed', (request) => {
    complaints.push(`no answer: ${request.method()} ${request.url()} ${request.failure()?.errorText ?? ''}`)
  })
  page.on('request', (request) => hosts.add(new URL(request.url()).host))
  page.on('response', (response) => {
    const request = response.request()
    const url = new URL(request.url())
    if (url.origin !== hub || request.method() === 'OPTIONS') return
    exchanges.push({
      method: request.method(),
      path: `${url.pathname}${url.search}`,
      headers: request.headers(),
      status: response.status(),
      answer: async () => (await response.json()) as unknown,
    })
  })
  await page.goto(origin)
  await page.waitForFunction(() => 'sdk' in globalThis)
  return { browser, page, exchanges, complaints, hosts }
}
