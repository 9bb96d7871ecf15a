import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** What a page did that no page may do, and what a screen reader would stumble over. */
export interface Judged {
  /**
   * Fails when the console had an error or a warning (what the policy of the page refused is one), a script threw, or a
   * request failed. `refusals`: statuses that the test asked for, by the end of the path: `{ '/api/session': 401 }`.
   */
  expectQuiet(refusals?: Readonly<Record<string, number>>): void
  /** Fails on anything that axe finds, or on a page that is wider than its window. */
  expectAccessible(): Promise<void>
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

interface Refusal {
  readonly path: string
  readonly status: number
}

export function watch(page: Page): Judged {
  const troubles: string[] = []
  const refused: Refusal[] = []
  page.on('console', (message) => {
    // The browser's own line about an answer of 4xx or 5xx: judged below, with its path.
    if (/^Failed to load resource: the server responded with a status of/.test(message.text())) return
    if (['error', 'warning'].includes(message.type())) troubles.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => troubles.push(`thrown: ${error.stack ?? error.message}`))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // Whoever leaves a page ends what it was asking.
    if (reason !== 'net::ERR_ABORTED') troubles.push(`${request.method()} ${request.url()}: ${reason}`)
  })
  page.on('response', (answer) => {
    if (answer.status() >= 400) refused.push({ path: new URL(answer.url()).pathname, status: answer.status() })
  })
  return {
    expectQuiet: (refusals = {}) => {
      const wanted = Object.entries(refusals)
      const surprises = refused.filter(
        ({ path, status }) => !wanted.some(([end, code]) => path.endsWith(end) && status === code),
      )
      expect([...troubles, ...surprises.map(({ path, status }) => `${status} ${path}`)]).toEqual([])
    },
    expectAccessible: async () => {
      expect(await violations(page)).toEqual([])
      const [wide, room] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
        number,
        number,
      ]
      expect(wide, 'the page is no wider than its window').toBeLessThanOrEqual(room)
    },
  }
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly {
      readonly target: readonly string[]
      readonly html: string
      readonly failureSummary?: string
    }[]
  }[]
  readonly passes: readonly unknown[]
}

/** Colours that fade from light to dark are neither: what moves has come to its end. A spinner never does. */
const AT_REST = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))).then(() =>
  Promise.all(document.getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    .map(({ finished }) => finished.catch(() => undefined))))
  .then(() => undefined)`

/** Over the debugging protocol, so that the page's policy stays as it is. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AT_REST)
  await page.evaluate(AXE)
  const result = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResult
  expect(result.passes.length, 'axe looked at something').toBeGreaterThan(5)
  return result.violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(
      ({ target, html, failureSummary = '' }) =>
        `${impact} ${id}: ${target.join(' ')} ${html.slice(0, 600)} – ${failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`,
    ),
  )
}
