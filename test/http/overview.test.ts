import { describe, expect, it } from 'vitest'
import { EVENT_NAMES, EVENT_TYPES } from '../../src/domain/event.ts'
import { HOUR_MS, hourOf } from '../../src/domain/figures.ts'
import type { ApiOverview } from '../../src/http/overview-json.ts'
import { ACME_KEY, NOW, OTHER_KEY } from './in-memory-doors.ts'
import { started } from './started.ts'

const HOUR = hourOf(NOW)

async function asking(key = ACME_KEY) {
  const { public: app, hub } = await started()
  const add = (figure: string, by: number, hour = HOUR, environment: 'production' | 'sandbox' = 'production') =>
    hub.rows.figures.push({ projectId: 'acme', environment, hour, figure, by })
  const project = key === OTHER_KEY ? 'other' : 'acme'
  const get = async (path: string) =>
    app.inject({ url: `/api/projects/${project}${path}`, headers: { authorization: `Bearer ${key}` } })
  const overview = async (query = '') => (await get(`/metrics/overview${query}`)).json<ApiOverview>()
  return { hub, add, get, overview }
}

describe('the overview', () => {
  it('adds up figures by bucket, and compares money with the time before', async () => {
    const { add, overview } = await asking()
    add('event:RENEWAL:renewal', 3)
    add('event:RENEWAL:trial_converted', 2)
    add('event:TRANSFER:', 1, HOUR - 23 * HOUR_MS)
    add('event:RENEWAL:renewal', 100, HOUR - 24 * HOUR_MS)
    add('event:RENEWAL:renewal', 50, HOUR, 'sandbox')
    add('money:gross', 11_000_000)
    add('money:gross', -1_000_000, HOUR - HOUR_MS)
    add('money:after_commission', 7_000_000)
    add('money:unpriced', 2)
    add('money:gross', 5_000_000, HOUR - 30 * HOUR_MS)
    add('money:unpriced', 9, HOUR - 30 * HOUR_MS)
    const day = await overview()
    expect([day.environment, day.bucket_ms, day.buckets.length]).toEqual(['production', HOUR_MS, 24])
    expect([day.from, day.to]).toEqual([HOUR - 23 * HOUR_MS, HOUR + HOUR_MS].map((at) => new Date(at).toISOString()))
    expect(Object.keys(day.totals)).toEqual([...EVENT_TYPES])
    expect(day.totals).toMatchObject({ RENEWAL: 5, TRANSFER: 1, REFUND: 0 })
    expect(day.buckets.at(-1)?.counts.RENEWAL).toBe(5)
    expect(day.buckets[0]?.counts.TRANSFER).toBe(1)
    expect(day.revenue).toMatchObject({
      currency: 'USD',
      gross_micros: 10_000_000,
      after_commission_micros: 7_000_000,
      after_commission_and_taxes_micros: 0,
      unpriced: 2,
      previous: { gross_micros: 5_000_000 },
    })
    expect(day.revenue.buckets.map((one) => one.gross_micros).slice(-2)).toEqual([-1_000_000, 11_000_000])
    const month = await overview('?hours=720')
    expect([month.buckets.length, month.totals.RENEWAL]).toEqual([30, 105])
    expect((await overview('?environment=sandbox')).totals.RENEWAL).toBe(50)
  })

  it('says how integrations and apps do, and what an empty project lacks', async () => {
    const { add, overview, hub } = await asking()
    add('delivery:delivered:segment', 9)
    add('delivery:failed:segment', 1)
    add('took:100:segment', 9)
    add('delivery:delivered:gone', 4)
    const full = await overview()
    expect(full.integrations).toMatchObject([
      { id: 'segment', title: 'Segment', enabled: true, delivered: 9, failed: 1, skipped: 0, p50_ms: 75, p95_ms: 98 },
    ])
    expect(full.integrations[0]?.waiting).toBe(hub.rows.channels.length > 0 ? 7 : 0)
    expect(full.apps).toMatchObject([{ id: 'ios', title: 'App Store', refused: 2, parked: 0 }])
    expect(full.active).toEqual({ subscriptions: 12, trials: 3, grace: 1 })
    expect(full.first_steps).toEqual({ app: true, integration: true, event: true })

    hub.apps.length = 0
    hub.rows.events.length = 0
    hub.rows.figures.length = 0
    const empty = await overview()
    expect(empty.first_steps).toEqual({ app: false, integration: true, event: false })
    expect(empty.integrations).toMatchObject([{ delivered: 0, p50_ms: null, p95_ms: null }])
    expect(Object.values(empty.totals).every((count) => count === 0)).toBe(true)
  })

  it('is of one project, and refuses hours that are none of its three', async () => {
    const { add, get } = await asking(OTHER_KEY)
    add('event:RENEWAL:renewal', 3)
    expect((await get('/metrics/overview')).json<ApiOverview>().totals.RENEWAL).toBe(0)
    expect((await get('/metrics/overview?hours=25')).statusCode).toBe(400)
  })
})

describe('the volume of an integration', () => {
  it('is how many events of each name the project had', async () => {
    const { add, get } = await asking()
    add('event:RENEWAL:renewal', 3)
    add('event:RENEWAL:renewal', 4, HOUR - 29 * 24 * HOUR_MS)
    add('event:RENEWAL:renewal', 5, HOUR - 31 * 24 * HOUR_MS)
    add('event:RENEWAL:renewal', 7, HOUR, 'sandbox')
    add('event:TRANSFER:', 2)
    const { items } = (await get('/integrations/segment/volume')).json<{ items: { name: string; events: number }[] }>()
    expect(items.map(({ name }) => name)).toEqual([...EVENT_NAMES])
    expect(items.filter(({ events }) => events > 0)).toEqual([{ name: 'renewal', events: 7 }])
    expect((await get('/integrations/none/volume')).statusCode).toBe(404)
  })
})
