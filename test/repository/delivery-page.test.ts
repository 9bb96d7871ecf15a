import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  channelWait,
  DRAIN_MS,
  HEADERS_TIMEOUT_MS,
  LEASE_MS,
  MAX_AGE_MS,
  MAX_DEATHS,
  PROBE_MS,
  RECORD_WAITS,
  TOTAL_TIMEOUT_MS,
} from '../../src/delivery/schedule.ts'
import { outcomeOfCode } from '../../src/destinations/clevertap/codes.ts'
import { outcomeOfStatus, recordOf } from '../../src/destinations/outcome.ts'
import { destinations } from '../../src/destinations/registry.ts'
import { HISTORY_PATIENCE_MS, retryAt } from '../../src/ingest/retry.ts'

const PAGE = new URL('../../docs/delivery.md', import.meta.url)
const BLOCK = /<!-- table: (\w+) -->\n[\s\S]*?<!-- end of table -->/g

/** 120000 → "2 min". */
function duration(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1]
  return `${ms / size} ${unit}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** [200, 201, 202, 204] → "200–202, 204". */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run !== undefined && run[1] === number - 1) run[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}

function waitsTable(): string {
  const steady = (): number => 0.5
  const channel = [1, 2, 3, 4].map((failures) => channelWait(failures, steady))
  expect(channelWait(400, steady)).toBe(channel[3])
  expect([channelWait(1, () => 0), channelWait(1, () => 1)]).toEqual([800, 1_200])
  const last = channel.at(-1) ?? 0
  return table(
    ['what', 'how long'],
    [
      [
        'a customer whose record the destination could not take for now',
        `${RECORD_WAITS.map(duration).join(', ')}, then failed`,
      ],
      [
        'a channel whose requests fail',
        `${channel.slice(0, -1).map(duration).join(', ')}, then every ${duration(last)}; \`Retry-After\` is obeyed up to 1 h`,
      ],
      ['a paused channel', `a probe every ${duration(PROBE_MS)}`],
      ['a delivery that has not gone', `failed after ${duration(MAX_AGE_MS)} of the channel’s running clock`],
      ['until the headers of an answer', duration(HEADERS_TIMEOUT_MS)],
      ['until its last byte', duration(TOTAL_TIMEOUT_MS)],
      ['the lease of a claim', duration(LEASE_MS)],
      ['what is in flight when the hub stops', `${duration(DRAIN_MS)} to settle`],
      ['a delivery that dies with the hub, alone in its request', `failed after ${MAX_DEATHS} times`],
    ],
  )
}

function limitsTable(): string {
  return table(
    ['destination', 'answers for', 'deliveries a request, at most', 'bytes a request', 'requests at once'],
    [...destinations.values()].map(({ title, answers, limits }) => [
      title,
      answers === 'request' ? 'the request' : 'each record',
      String(limits.deliveriesPerRequest),
      limits.bytesPerRequest.toLocaleString('en-US'),
      `${limits.slots}, settable up to ${limits.maxSlots}`,
    ]),
  )
}

function statusesTable(): string {
  const meaning = (status: number): string => {
    const outcome = outcomeOfStatus({ status, headers: {}, body: '', truncated: false }, '')
    switch (outcome?.kind) {
      case undefined:
      case 'records':
        return 'taken; each record is settled by the body, where the destination tells'
      case 'failed':
        return outcome.mayHaveArrived
          ? 'the channel backs off; the outcome is unknown'
          : 'the channel backs off; nothing was taken'
      case 'split':
        return 'the request is halved until the culprit stands alone'
      case 'refused':
        return 'the channel pauses'
    }
  }
  const statuses = Array.from({ length: 400 }, (_, index) => 200 + index)
  const groups = Map.groupBy(statuses, meaning)
  expect(groups.size).toBe(5)
  return table(
    ['status', 'outcome'],
    [...groups].map(([said, numbers]) => [ranges(numbers), said]),
  )
}

function recordsTable(): string {
  const record = recordOf('event', { objectId: 'x', evtName: 'x', evtData: {} })
  const meaning = (code: number): string => {
    const outcome = outcomeOfCode(code, '', record)
    switch (outcome.kind) {
      case 'refused':
        return 'failed, with the plain reason and what to do'
      case 'mend':
        return outcome.mend === 'trim'
          ? 'mended once and sent again: fewer attributes'
          : 'mended once and sent again: by the app user id'
      case 'transient':
        return 'the customer waits, see above'
      case 'delivered':
      case 'unknown':
        throw new Error(`code ${code} is ${outcome.kind}`)
    }
  }
  const codes = Array.from({ length: 100 }, (_, index) => 500 + index)
  const groups = Map.groupBy(codes, meaning)
  expect(groups.size).toBe(4)
  return table(
    ['code of CleverTap', 'outcome'],
    [...groups]
      .map(([said, numbers]) => [numbers.length > 90 ? 'any other' : ranges(numbers), said])
      .toSorted((a, b) => Number(a[0] === 'any other') - Number(b[0] === 'any other')),
  )
}

function fetchesTable(): string {
  const since = 0
  const now = 1_000
  const wait = (tries: number): number => (retryAt({ tries, since, now, afterMs: null }) ?? 0) - now
  const first = [0, 1, 2, 3].map(wait)
  expect([wait(4), wait(40)]).toEqual([3_600_000, 3_600_000])
  const days = 30
  expect(retryAt({ tries: 9, since, now: days * 86_400_000, afterMs: null })).not.toBeNull()
  expect(retryAt({ tries: 9, since, now: days * 86_400_000 + 1, afterMs: null })).toBeNull()
  return table(
    ['what', 'how long'],
    [
      [
        'between two tries',
        `${first.map(duration).join(', ')}, then every ${duration(wait(4))}; a later time that the store names is obeyed`,
      ],
      ['until the hub goes on without the history', duration(HISTORY_PATIENCE_MS)],
      ['until it gives up and parks the message', `${days} days`],
    ],
  )
}

const TABLES: Readonly<Record<string, () => string>> = {
  limits: limitsTable,
  waits: waitsTable,
  statuses: statusesTable,
  records: recordsTable,
  fetches: fetchesTable,
}

describe('the page of delivery', () => {
  it('has the waits, limits and outcomes of the code (UPDATE_DOCS=1 writes them anew)', () => {
    const page = readFileSync(PAGE, 'utf8')
    const seen: string[] = []
    const fresh = page.replace(BLOCK, (_block, name: string) => {
      seen.push(name)
      return `<!-- table: ${name} -->\n${TABLES[name]?.() ?? ''}\n<!-- end of table -->`
    })
    expect(seen.toSorted()).toEqual(Object.keys(TABLES).toSorted())
    if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, fresh)
    else expect(page).toBe(fresh)
  })
})
