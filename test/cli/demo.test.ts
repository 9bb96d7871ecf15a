import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Scene } from '../../src/cli/demo/scene.ts'
import { startStores } from '../../src/cli/demo/stores.ts'
import { demoStory } from '../../src/cli/demo/story.ts'
import { verdict } from '../../src/cli/demo/verdict.ts'
import { defaultEventName } from '../../src/domain/project.ts'
import { startClevertapStandIn } from '../../src/stand-ins/clevertap.ts'
import { startSegmentStandIn } from '../../src/stand-ins/segment.ts'
import { type Ended, machine } from './running.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function story(): Promise<readonly Scene[]> {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  const stores = await startStores(folder)
  undo.push(() => stores.close())
  return demoStory(stores, Date.now())
}

/** What a run said under each scene: the events that reached the two destinations. */
function toldBy(stdout: string): ReadonlyMap<string, { readonly segment: string[]; readonly clevertap: string[] }> {
  const told = new Map<string, { readonly segment: string[]; readonly clevertap: string[] }>()
  let current = { segment: [] as string[], clevertap: [] as string[] }
  for (const line of stdout.split('\n')) {
    const [, what] = /^● (.+)$/.exec(line) ?? []
    if (what !== undefined) {
      // Two lives may have the same words.
      current = told.get(what) ?? { segment: [], clevertap: [] }
      told.set(what, current)
    }
    const [, where, event] = /^ {4}→ (Segment|CleverTap) +(\S+)/.exec(line) ?? []
    if (event !== undefined) (where === 'Segment' ? current.segment : current.clevertap).push(event)
  }
  return told
}

describe('tributary demo --once', () => {
  const here = machine()
  let run: Ended
  beforeAll(async () => {
    run = await here.run(['demo', '--once'])
  }, 60_000)
  afterAll(() => here.dispose())

  it('plays all stores, finds both ledgers as they should be, and ends with 0', () => {
    expect([run.code, run.stderr]).toEqual([0, ''])
    const lines = run.stdout.split('\n').filter((line) => /[✓✗]$/.test(line))
    expect(lines.filter((line) => line.endsWith('✗'))).toEqual([])
    expect(lines).toHaveLength(17)
    const sums = Object.fromEntries(lines.map((line) => line.trim().split(/ {2,}/)).map(([what, ...n]) => [what, n]))
    expect(sums).toMatchObject({
      rc_trial_started_event: ['3', '3', '3', '✓'],
      rc_trial_converted_event: ['3', '3', '3', '✓'],
      rc_subscription_paused_event: ['1', '1', '–', '✓'],
      rc_product_change_event: ['2', '2', '2', '✓'],
      'revenue, USD': ['118.87', '118.87', '–', '✓'],
      double: ['0', '0', '0', '✓'],
    })
    expect(run.stdout.trimEnd().split('\n').at(-1)).toBe(
      'Each destination received exactly what it should: nothing dropped, nothing double, in order.',
    )
  })

  it('shows under each scene what is written in it', async () => {
    const scenes = await story()
    const told = toldBy(run.stdout)
    const expected = new Map<string, { segment: string[]; clevertap: string[] }>()
    for (const { say, expect: names, notAtClevertap } of scenes) {
      const before = expected.get(say) ?? { segment: [], clevertap: [] }
      expected.set(say, {
        segment: [...before.segment, ...names.map(defaultEventName)],
        clevertap: [
          ...before.clevertap,
          ...names.filter((name) => !notAtClevertap.includes(name)).map(defaultEventName),
        ],
      })
    }
    expect(told).toEqual(expected)
    expect(scenes.length).toBeGreaterThan(35)
  })

  it('has lives at every store, each with its own turns', async () => {
    const scenes = await story()
    const of = new Map<string, string[]>()
    for (const { send, expect: names } of scenes) {
      const [, slug = 'your server'] = /^\/notifications\/([^/]+)\//.exec(send()[0]?.path ?? '') ?? []
      of.set(slug, [...(of.get(slug) ?? []), ...names])
    }
    expect(Object.fromEntries(of)).toMatchObject({
      'play-store': [
        'trial_started',
        'trial_converted',
        'subscription_paused',
        'expiration',
        'renewal',
        'initial_purchase',
        'product_change',
        'initial_purchase',
        'cancellation',
        'expiration',
      ],
      amazon: [
        'initial_purchase',
        'cancellation',
        'uncancellation',
        'initial_purchase',
        'billing_issue',
        'cancellation',
        'renewal',
      ],
      stripe: [
        'trial_started',
        'trial_converted',
        'billing_issue',
        'cancellation',
        'renewal',
        'cancellation',
        'non_subscription_purchase',
      ],
      'your server': ['non_subscription_purchase', 'cancellation', 'expiration'],
    })
    expect([...of.keys()].toSorted()).toEqual(['amazon', 'app-store', 'play-store', 'stripe', 'your server'])
  })
})

describe('the verdict of the demo', () => {
  it('is wrong where a destination lacks what was expected', async () => {
    const segment = await startSegmentStandIn({ writeKeys: [{ key: 'k' }] })
    const clevertap = await startClevertapStandIn({ accounts: [{ id: 'a', passcode: 'p' }] })
    undo.push(() => Promise.all([segment.close(), clevertap.close()]))
    const wrong = verdict(await story(), { segment, clevertap }).filter(({ right }) => !right)
    expect(wrong.map(({ what }) => what)).toContain('revenue, USD')
    expect(wrong).toHaveLength(14)
    expect(verdict([], { segment, clevertap }).filter(({ right }) => !right)).toEqual([])
  })

  it('counts what nobody expected', async () => {
    const segment = await startSegmentStandIn({ writeKeys: [{ key: 'k' }] })
    const clevertap = await startClevertapStandIn({ accounts: [{ id: 'a', passcode: 'p' }] })
    undo.push(() => Promise.all([segment.close(), clevertap.close()]))
    const track = { type: 'track', event: 'rc_renewal_event', userId: 'u', messageId: 'm', properties: { seq: 1 } }
    const batch = (): Promise<Response> =>
      fetch(`${segment.url}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('k:')}` },
        body: JSON.stringify({ batch: [{ ...track, timestamp: new Date().toISOString() }] }),
      })
    expect((await batch()).status).toBe(200)
    expect((await batch()).status).toBe(200)
    const wrong = verdict([], { segment, clevertap }).filter(({ right }) => !right)
    expect(wrong.map(({ what }) => what)).toEqual(['rc_renewal_event', 'dropped or refused', 'double'])
  })
})
