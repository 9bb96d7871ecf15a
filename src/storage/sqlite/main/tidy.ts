import { deflate } from 'node:zlib'
import { standingValues, type Values } from '../../columns.ts'
import { reckoned } from '../../figure-columns.ts'
import type { TidyInput, TidyResult } from '../../tidy.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

function compress(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    deflate(bytes, (error, packed) => (error === null ? resolve(new Uint8Array(packed)) : reject(error)))
  })
}

/** A body is compressed when it is this old: by then its step is long done and nobody reads it soon. */
const PACK_AFTER_MS = 3_600_000
const PACK_BATCH = 100

/** Retention, then compression; both in batches that let others write in between, both ended by `limit`. */
export async function tidyUp(
  writer: Thread<WriteVerbs>,
  reader: Thread<ReadVerbs>,
  input: TidyInput,
): Promise<TidyResult> {
  let total: TidyResult = { notifications: 0, attempts: 0, skipped: 0 }
  for (let left = input.limit; left > 0; ) {
    const removed = await writer.call('removeOld', { ...input, limit: left }, 100)
    total = {
      notifications: total.notifications + removed.notifications,
      attempts: total.attempts + removed.attempts,
      skipped: total.skipped + removed.skipped,
    }
    const most = Math.max(removed.notifications, removed.attempts, removed.skipped)
    if (most === 0) break
    left -= most
  }
  await packBodies(writer, reader, input.now - PACK_AFTER_MS, input.limit)
  await reckonStandings(writer, reader, input.now, input.limit)
  return total
}

const RECKON_BATCH = 200

/** What an older version saved without its standing, part by part: new ones are never among them. */
async function reckonStandings(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>, now: number, limit: number) {
  for (let left = limit; left > 0; left -= RECKON_BATCH) {
    const found = await reader.call('unreckonedPurchases', Math.min(left, RECKON_BATCH))
    if (found.length === 0) return
    const rows = found.map(([n, version, body]): Values => {
      return [n ?? null, version ?? null, ...standingValues(reckoned(String(body), now))]
    })
    await writer.call('reckonStandings', rows, rows.length)
  }
}

/** A notification of 12 KB shrinks by about a third; the work is done by zlib's own threads. */
async function packBodies(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>, before: number, limit: number) {
  for (let left = limit; left > 0; left -= PACK_BATCH) {
    const { rows, through } = await reader.call('packableBodies', { before, limit: PACK_BATCH })
    if (through === null) return
    const packed = await Promise.all(
      rows.map(async ([n, body]): Promise<Values> => [n ?? null, await compress(body as Uint8Array)]),
    )
    const smaller = packed.filter(([, body], index) => size(body) < size(rows[index]?.[1]))
    await writer.call('packBodies', { rows: smaller, through }, smaller.length)
  }
}

function size(body: Values[number] | undefined): number {
  return body instanceof Uint8Array ? body.byteLength : 0
}
