import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../test/chromium.ts'
import { BENCH_PROJECT, type BenchHub } from '../hub.ts'
import { until } from '../until.ts'

/** What one list showed while somebody scrolled through it. */
export interface Scrolled {
  readonly rows: number
  /** From one frame to the next (milliseconds). */
  readonly frames: readonly number[]
}

/** Rows that a patient reader has seen. */
const ROWS = 2_000
const MOST_MS = 60_000
/** A fast turn of the wheel. */
const PIXELS_A_FRAME = 60

/** Scrolls through a list in the system's Chromium, with the pages that it reads on the way. */
export async function scrollThrough(hub: BenchHub, folder: string, lists: readonly string[]): Promise<Scrolled[]> {
  const chromium = await launchChromium()
  try {
    const context = await chromium.browser.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    await signIn(page, hub, folder)
    const scrolled: Scrolled[] = []
    for (const path of lists) {
      await page.goto(`${hub.url}/${BENCH_PROJECT}${path}`)
      await page.getByRole('cell').first().waitFor()
      scrolled.push(await page.evaluate<Scrolled>(`(${SCROLL})(${ROWS}, ${MOST_MS}, ${PIXELS_A_FRAME})`))
    }
    await context.close()
    return scrolled
  } finally {
    await chromium.close()
  }
}

/** By the link of the set-up, which the hub wrote when it started. */
async function signIn(page: Page, hub: BenchHub, folder: string): Promise<void> {
  let token = ''
  await until('The link of the set-up is printed', () => {
    token = /\/link#([\w-]{43})/.exec(readFileSync(join(folder, 'hub.log'), 'utf8'))?.[1] ?? ''
    return token !== ''
  })
  await page.goto(`${hub.url}/link#${token}`)
  await page.getByLabel('Your name').fill('Bench')
  await page.getByLabel('E-mail').fill('bench@example.com')
  await page.getByRole('textbox', { name: 'Password' }).fill('a bench beside the river')
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page.waitForURL(({ pathname }) => pathname !== '/link')
}

/** In the page. */
const SCROLL = `async (rows, mostMs, pixels) => {
  const frames = []
  const count = () => Number(document.querySelector('[role=rowgroup] > [role=row]:last-child').ariaRowIndex)
  const began = performance.now()
  let last = null
  while (count() < rows && performance.now() - began < mostMs) {
    const at = await new Promise(requestAnimationFrame)
    if (last !== null) frames.push(at - last)
    last = at
    window.scrollBy(0, pixels)
  }
  return { rows: count(), frames }
}`
