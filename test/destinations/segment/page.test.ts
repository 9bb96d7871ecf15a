import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { segment } from '../../../src/destinations/segment/index.ts'
import { EVENT_NAMES } from '../../../src/domain/event.ts'
import { defaultEventName } from '../../../src/domain/project.ts'
import { STORES } from '../../../src/domain/purchase.ts'
import { readGolden } from '../samples.ts'

const page = readFileSync(new URL('../../../docs/integrations/segment.md', import.meta.url), 'utf8')
const golden = new URL('golden/', import.meta.url)

describe('the page of Segment', () => {
  it('ticks what is sent and crosses what is not', () => {
    const rows = page
      .split('\n')
      .flatMap((line) => /^\| [A-Z][A-Za-z ]+ \| `(rc_\w+_event)` \| (.*) \|$/.exec(line)?.slice(1, 3) ?? [])
    expect(rows).toHaveLength(2 * EVENT_NAMES.length)
    EVENT_NAMES.forEach((name, i) => {
      const ticks = STORES.map((store) => (segment.carries(name, store) ? '✅' : '❌')).join(' | ')
      expect(rows.slice(2 * i, 2 * i + 2)).toEqual([defaultEventName(name), ticks])
    })
  })

  it('names every setting and every key that is sent', () => {
    for (const { key } of segment.fields) expect(page).toContain(`\`${key}\``)
    const keys = new Set<string>()
    for (const name of [...EVENT_NAMES, 'rate_unknown']) {
      const request = readGolden(golden, name).requests.production
      const { batch } = (request ?? { body: { batch: [] } }).body as {
        batch: Record<string, Record<string, unknown>>[]
      }
      expect(batch).toHaveLength(2)
      for (const { properties, traits } of batch)
        for (const key of Object.keys({ ...properties, ...traits })) keys.add(key)
    }
    expect(keys.size).toBeGreaterThan(35)
    for (const key of keys) expect(page).toContain(`\`${key}\``)
  })
})
