import { availableParallelism } from 'node:os'
import { createDelivery, type Delivery } from '../delivery/delivery.ts'
import type { DeliveryPort } from '../delivery/port.ts'
import { createAccept } from '../ingest/accept.ts'
import type { Asking } from '../ingest/asking.ts'
import { clockRound } from '../ingest/clock.ts'
import { createHistories } from '../ingest/histories.ts'
import type { Loop } from '../ingest/loop.ts'
import { createPulls } from '../ingest/pulls.ts'
import { createReceiptMarks, type ReceiptMarks } from '../ingest/receipt-marks.ts'
import type { ReceiptDeps } from '../ingest/receipts.ts'
import { createResolutions } from '../ingest/resolutions.ts'
import { type UnderstandDeps, understandBatch } from '../ingest/understand.ts'
import { createUnverified, type Unverified } from '../ingest/unverified.ts'
import type { Storage, WorkKind } from '../storage/storage.ts'
import type { Erasures } from './erasures.ts'
import { type Loops, startLoops } from './loops.ts'
import { messageOf, type Parts } from './parts.ts'
import { deliveryPort, identityDeps, understandDeps } from './ports.ts'
import { createRateBook, startRates } from './rates.ts'
import { storesOf } from './stores.ts'

/** What works by itself: stores, ingest, delivery and their loops. */
export interface Machine {
  readonly stores: ReturnType<typeof storesOf>
  readonly delivery: Delivery
  readonly understand: UnderstandDeps
  readonly receipts: ReceiptDeps
  readonly marks: ReceiptMarks
  readonly accept: ReturnType<typeof createAccept>
  /** What waits for an answer of a store. */
  readonly asking: readonly Pick<Asking<never>, 'pending' | 'stop'>[]
  readonly pulls: ReturnType<typeof createPulls>
  /** Everything begins to move; a process of the role `web` only listens to what the others do. */
  start(erasures: Pick<Erasures, 'goOn'>): Loops | null
}

export async function buildMachine(parts: Parts, http: DeliveryPort['http']): Promise<Machine> {
  const { config, now, storage, metrics, settings } = parts
  let loops: Loops | null = null
  let watching: Loop | null = null
  const wakeDelivery = (): void => loops?.delivery.wake()
  const kept = (): void => loops?.understand.wake()
  const delivery = createDelivery(deliveryPort(parts, http), wakeDelivery)
  await delivery.configure()
  const stores = storesOf(config, { http, now, cores: availableParallelism() })
  const marks = createReceiptMarks(storage)
  await marks.refresh(settings.current().apps)
  const rates = createRateBook({
    storage,
    http,
    url: config.role === 'web' ? null : config.remotes.fx,
    now,
    warn: (details, message) => parts.log.warn(details, message),
  })
  metrics.watchRates(rates.ageMs)
  const understand = understandDeps(parts, stores, delivery, wakeDelivery, marks, rates)
  const stopping = new AbortController()
  const receipts: ReceiptDeps = {
    ...understand,
    ...identityDeps(parts, understand, delivery),
    storage,
    marks,
    stopping: stopping.signal,
  }
  const accept = createAccept({ inbox: storage, now, meter: metrics.ingest, kept })
  const histories = createHistories(understand)
  const resolutions = createResolutions(understand)
  const pulls = createPulls({
    ...understand,
    storage,
    kept,
    holder: holderOf(storage),
    settings: () => settings.current(),
  })
  const start: Machine['start'] = (erasures) => {
    storage.onWork((what) => heard(what, { parts, delivery, kept, wakeDelivery }))
    watching = startRates(rates, (error) =>
      parts.log.error({ error: messageOf(error) }, 'Exchange rates could not be read; they are read again'),
    )
    if (config.role === 'web') return null
    const clock = { ...understand, checks: storage, histories, unverified: unverifiedOf(parts), startedAt: now() }
    loops = startLoops(parts, delivery, marks, {
      understand: (rows) => understandBatch(rows, understand, { histories, resolutions }),
      clock: () => clockRound(clock),
      erase: () => erasures.goOn(),
    })
    pulls.refresh()
    return loops
  }
  const receiving = { pending: 0, stop: async () => stopping.abort() }
  const refreshing = { pending: 0, stop: async () => watching?.stop() }
  const asking = [histories, resolutions, receiving, refreshing]
  return { stores, delivery, understand, receipts, marks, accept, asking, pulls, start }
}

function unverifiedOf({ log }: Parts): Unverified {
  return createUnverified((app, { environment, reason, since }) =>
    log.error(
      { project: app.projectId, app: app.id, environment, reason, since: new Date(since).toISOString() },
      'For an hour the store could not be asked about purchases whose access should have ended; no expiration of them is told, and access ends after a day: see that the store can be reached and that the app has working credentials',
    ),
  )
}

/** With many processes one of them pulls each history; alone, nobody has to be asked. */
function holderOf(storage: Storage): string | null {
  return storage.driver === 'embedded' ? null : storage.owner
}

interface Hearing {
  readonly parts: Parts
  readonly delivery: Delivery
  kept(): void
  wakeDelivery(): void
}

/** What another process has done. A word may be lost: everything is polled as well. */
function heard(what: WorkKind, { parts, delivery, kept, wakeDelivery }: Hearing): void {
  const failed = (error: unknown): void =>
    parts.log.error({ error: messageOf(error), what }, 'What another process did could not be read; it is read again')
  switch (what) {
    case 'inbox':
      kept()
      return
    case 'queues':
      wakeDelivery()
      return
    case 'channels':
      parts.storage.loadChannels().then((rows) => {
        for (const row of rows) delivery.channels.heard(row)
        wakeDelivery()
      }, failed)
      return
    case 'settings':
      parts.settings.reload().catch(failed)
      return
    case 'positions':
  }
}

/** What is stored but cannot be used: the rest of the hub goes on without it. */
export function sayWhatIsBroken({ log, settings }: Parts): void {
  for (const { kind, projectId, id, reason } of settings.current().broken) {
    log.error(
      { project: projectId, [kind]: id, reason },
      'A setting cannot be used; apply the config file again or mend it',
    )
  }
}

/** New settings: channels are made, refused credentials are worth another try, pulls start and end. */
export function takeOver(parts: Parts, { delivery, understand, pulls, marks }: Machine): void {
  const { log, settings } = parts
  sayWhatIsBroken(parts)
  delivery.configure().catch((error: unknown) => {
    log.error({ error: messageOf(error) }, 'New settings could not be taken over; they are at the next change or start')
  })
  for (const app of settings.current().apps) understand.gate.open(app)
  pulls.refresh()
  marks.refresh(settings.current().apps).catch(() => undefined)
}
