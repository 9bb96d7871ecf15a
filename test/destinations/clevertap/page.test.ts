import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clevertap } from '../../../src/destinations/clevertap/index.ts'
import { EVENT_NAMES } from '../../../src/domain/event.ts'
import { defaultEventName } from '../../../src/domain/project.ts'
import { STORES } from '../../../src/domain/purchase.ts'
import { eventNamed, SPECIAL_EVENTS } from '../events.ts'
import { propertiesOf, rendered } from './render.ts'

const page = readFileSync(new URL('../../../docs/integrations/clevertap.md', import.meta.url), 'utf8')

describe('the page of CleverTap', () => {
  it('ticks what is sent and crosses what is not', () => {
    const rows = page
      .split('\n')
      .flatMap((line) => /^\| [A-Z][A-Za-z ]+ \| `(rc_\w+_event)` \| (.*) \|$/.exec(line)?.slice(1, 3) ?? [])
    const listed = EVENT_NAMES.filter((name) => name !== 'subscription_paused')
    expect(rows).toHaveLength(2 * listed.length)
    listed.forEach((name, i) => {
      const ticks = STORES.map((store) => (clevertap.carries(name, store) ? '✅' : '❌')).join(' | ')
      expect(rows.slice(2 * i, 2 * i + 2)).toEqual([defaultEventName(name), ticks])
    })
  })

  it('names every setting, every option and every key that is sent', () => {
    for (const field of clevertap.fields) {
      expect(page).toContain(`\`${field.key}\``)
      if (field.type === 'select') for (const { value } of field.options) expect(page).toContain(`\`${value}\``)
    }
    const keys = new Set<string>()
    const settings = { charged: true, profile: true, event_time: 'sent', attributes: { include: ['none'] } }
    for (const event of [...EVENT_NAMES.map((name) => eventNamed(name)), ...Object.values(SPECIAL_EVENTS)]) {
      for (const currency of ['usd', 'purchased']) {
        for (const record of rendered(event, { ...settings, currency })) {
          for (const key of Object.keys(propertiesOf(record))) keys.add(key)
        }
      }
    }
    expect(keys.size).toBeGreaterThan(28)
    for (const key of keys) expect(page).toContain(`\`${key}\``)
  })

  it('says what becomes of every code', () => {
    for (const code of [509, 512, 513, 514, 520, 522, 523, 524, 525, 526, 527, 528, 555]) {
      expect(page).toMatch(new RegExp(`^ {2}\\| .*\\b${code}\\b.* \\|`, 'm'))
    }
  })
})
