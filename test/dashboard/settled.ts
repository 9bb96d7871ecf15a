import type { Page, Request } from 'playwright-core'

/** React puts what it loaded in the place of a skeleton up to 300 ms later; the second frame is there for what comes of it. */
const DRAWN = `new Promise((resolve) => {
  const look = () =>
    requestAnimationFrame(document.querySelector('.mantine-Skeleton-root') === null ? () => requestAnimationFrame(() => resolve()) : look)
  look()
})`

/**
 * Follows a page from now on. What it gives resolves once all that the page asked for has come and was drawn, and nothing
 * more was asked for by that. The live stream has no end and is not waited for.
 */
export function followRequests(page: Page): () => Promise<void> {
  const open = new Set<Request>()
  const waiting: (() => void)[] = []
  const over = (request: Request): void => {
    open.delete(request)
    if (open.size === 0) for (const resolve of waiting.splice(0)) resolve()
  }
  page.on('request', (request) => {
    if (request.resourceType() !== 'eventsource') open.add(request)
  })
  page.on('requestfinished', over)
  page.on('requestfailed', over)
  return async () => {
    do {
      if (open.size > 0) await new Promise<void>((resolve) => waiting.push(resolve))
      await page.evaluate(DRAWN)
    } while (open.size > 0)
  }
}
