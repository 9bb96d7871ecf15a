import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../chromium.ts'
import { afterwards } from '../hub/harness.ts'

/** Ended after the test. */
export async function startChromium(): Promise<Browser> {
  const { browser, close } = await launchChromium()
  afterwards(close)
  return browser
}

const PACKAGE = fileURLToPath(import.meta.resolve('@revenuecat/purchases-js'))

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>A shop</title>
<link rel="icon" href="data:,">
<script type="module">
  import * as sdk from '/purchases.js'
  globalThis.sdk = sdk
</script>
`

/** The site of a shop, at an origin of its own, which serves the module of the npm package byte for byte. */
export async function startShop(): Promise<string> {
  const module = readFileSync(PACKAGE)
  const server = createServer((request, response) => {
    if (request.url === '/purchases.js') {
      response.setHeader('content-type', 'text/javascript; charset=utf-8')
      response.end(module)
      return
    }
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(PAGE)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port was given.')
  return `http://127.0.0.1:${address.port}`
}
