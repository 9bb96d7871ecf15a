import { describe, expect, it } from 'vitest'
import { observe } from '../../../src/domain/observe.ts'
import { purchaseId } from '../../../src/domain/purchase.ts'
import { observationOf } from '../../../src/ingest/import/facts.ts'
import { rowOf } from '../../../src/ingest/import/row.ts'
import { awaitsToken } from '../../../src/ingest/import/unverified.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/play-store/world.ts'
import { context } from '../../domain/scenarios/play.ts'
import { type ExportRecord, exportRecord, exportTime } from '../../fixtures/export-rows.ts'
import { createHub, type Hub, keptOf } from '../../stores/play-store/played.ts'
import { monthly, yearly } from '../../stores/play-store/scenarios.ts'
import { DAY, START, simulated } from '../../stores/play-store/setting.ts'

/** The rows of one chain, taken over into the hub as the import does: a link of the first order, nothing announced. */
function takeOver(hub: Hub, records: readonly ExportRecord[], asOf: number): void {
  const rows = records.map((record, line) => {
    const read = rowOf((column) => record[column as keyof ExportRecord] ?? '', [0, line])
    if (read.kind === 'skipped') throw new Error(read.reason)
    return read.row
  })
  const chain = rows[0]?.originalTransactionId ?? ''
  const key = { projectId: 'acme', store: 'play_store', environment: 'production', chain, line: '' } as const
  const observation = observationOf({ key, appId: 'android', owner: 'ann', rows, asOf, knownUpTo: null })
  const observed = observe(null, observation, { ...context, eventsFrom: Number.MAX_SAFE_INTEGER })
  hub.purchases.set(purchaseId(key), observed.purchase)
  hub.entries.push(...observed.entries)
  hub.links.set(chain, purchaseId(key))
}

function row(
  orderId: string,
  place: number,
  start: number,
  end: number | null,
  changes: ExportRecord = {},
): ExportRecord {
  return exportRecord({
    store: 'play_store',
    product_identifier: 'gold:monthly',
    store_transaction_id: orderId,
    original_store_transaction_id: orderId.replace(/\.\.\d+$/, ''),
    start_time: exportTime(start),
    end_time: exportTime(end),
    effective_end_time: exportTime(end),
    purchased_currency: 'USD',
    purchase_price_in_purchased_currency: '9.99',
    price_in_purchased_currency: '9.99',
    renewal_number: String(place),
    updated_at: exportTime(start + DAY),
    ...changes,
  })
}

async function hear(hub: Hub, notification: SimulatedNotification): Promise<void> {
  const resolved = await hub.resolve(notification.token, [keptOf(notification)], notification.at + 60_000)
  if (resolved.kind !== 'fetched') throw new Error(JSON.stringify(resolved))
  hub.take(resolved.value)
}

const MONTH = 31 * DAY
/** Before the app's `events_from`: what was taken over is nobody's news. */
const LONG_AGO = START - 100 * DAY

/** The orders that Google shows from then on, oldest first. */
function orderIdsOf({ view }: SimulatedNotification): readonly string[] {
  return [...view.orders.keys()]
}

describe('a purchase of Google’s that was taken over by its orders', () => {
  it('is found by the first token that comes: one purchase, each charge once, and only what is new is told', async () => {
    const play = simulated()
    const s = play.subscribe({ ...monthly, at: LONG_AGO })
    const renewals = [s.renew(), s.renew()]
    const later = renewals[1] as SimulatedNotification
    const hub = createHub(() => later.view)
    const ids = orderIdsOf(later)
    takeOver(
      hub,
      [row(ids[0] ?? '', 1, LONG_AGO, LONG_AGO + MONTH), row(ids[1] ?? '', 2, LONG_AGO + MONTH, LONG_AGO + 2 * MONTH)],
      LONG_AGO + MONTH + DAY,
    )
    expect([...hub.purchases.values()].map(awaitsToken)).toEqual([true])
    await hear(hub, later)
    expect(hub.purchases.size).toBe(1)
    expect([...hub.purchases.values()].map(awaitsToken)).toEqual([false])
    expect(hub.happenings.map(({ type, period }) => `${type} ${period}`)).toEqual([`RENEWAL ${ids[2]}`])
    expect(hub.entries.map(({ entry }) => entry).sort()).toEqual(ids.map((id) => `charge:${id}`).sort())
    await hear(hub, s.cancel({ at: LONG_AGO + 2 * MONTH + DAY }))
    expect(hub.purchases.size).toBe(1)
    expect(hub.happenings.map(({ type }) => type)).toContain('CANCELLATION')
  })

  it('a change of plan that its new token tells goes on in it', async () => {
    const play = simulated()
    const s = play.subscribe({ ...monthly, at: START })
    const changed = s.change(yearly, { at: START + 10 * DAY })
    const hub = createHub(() => changed.opening.view)
    const [order = ''] = orderIdsOf(s.opening)
    takeOver(hub, [row(order, 1, START, START + MONTH)], START + DAY)
    await hear(hub, changed.opening)
    expect(hub.purchases.size).toBe(1)
    expect(hub.entries.filter(({ entry }) => entry === `charge:${order}`)).toHaveLength(1)
    expect(hub.happenings.map(({ type }) => type)).toContain('PRODUCT_CHANGE')
  })

  it('a one-time purchase as well', async () => {
    const play = simulated()
    const bought = play.buy({ product: 'coins', price: 4.99, at: START })
    const hub = createHub(() => bought.opening.view)
    const [order = ''] = orderIdsOf(bought.opening)
    takeOver(
      hub,
      [
        row(order, 1, START, null, {
          is_auto_renewable: 'false',
          product_identifier: 'coins',
          purchase_price_in_purchased_currency: '4.99',
        }),
      ],
      START + DAY,
    )
    await hear(hub, bought.opening)
    expect(hub.purchases.size).toBe(1)
    // Google's own message announces what the import only knew: it leaves the line without an event and joins the events'.
    const told = hub.entries.filter(({ announcedBy }) => announcedBy !== null)
    const sum = (entries: typeof hub.entries): number => entries.reduce((all, { micros }) => all + (micros ?? 0), 0)
    expect([told.map(({ entry }) => entry), sum(told), sum(hub.entries)]).toEqual([
      [`charge:${order}:told`],
      4_990_000,
      4_990_000,
    ])
  })

  it('the other way round, an import finds a chain that came by its token', async () => {
    const play = simulated()
    const s = play.subscribe({ ...monthly, at: START })
    const renewal = s.renew()
    const hub = createHub(() => renewal.view)
    await hear(hub, renewal)
    const [first = ''] = orderIdsOf(renewal)
    expect(hub.links.get(first)).toBe([...hub.purchases.keys()][0])
  })
})
