import { accessSync, constants, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterwards } from '../hub/harness.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const
const MISSING = 'Chromium is not installed: install the Debian package chromium, or put it on PATH.'

/** On PATH. Throws the one line that says what is missing. */
function findChromium(): string {
  for (const name of NAMES) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name)
      if (folder !== '' && isProgram(path)) return path
    }
  }
  throw new Error(MISSING)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface RunningChromium {
  readonly browser: Browser
  /** Rejects when its process is left. */
  close(): Promise<void>
}

/** The system's Chromium without a window. */
export async function launchChromium(): Promise<RunningChromium> {
  const server = await chromium.launchServer({
    executablePath: findChromium(),
    // Chromium has no sandbox under root: https://www.chromium.org/developers/design-documents/sandbox/
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-dev-shm-usage'],
  })
  const child = server.process()
  return {
    browser: await chromium.connect(server.wsEndpoint()),
    close: async () => {
      await server.close()
      if (child.exitCode === null && child.signalCode === null)
        throw new Error(`Chromium ${child.pid} is still running.`)
    },
  }
}

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
