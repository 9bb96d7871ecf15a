import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { isProgram } from './programs.ts'

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
