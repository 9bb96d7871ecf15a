import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { DeliveryMeter } from '../delivery/port.ts'
import type { App } from '../domain/project.ts'
import type { IngestMeter } from '../ingest/meter.ts'
import type { ReadStorage } from '../storage/reads.ts'
import type { ChannelRow, NotificationStatus } from '../storage/rows.ts'

/**
 * What the hub counts, by who counts it. Labels hold names that operators chose (project, app, integration) and closed
 * lists, never anything of a customer, a message or an answer. Durations are milliseconds here, seconds in the metrics.
 */
export interface Metrics {
  readonly ingest: IngestMeter
  readonly delivery: DeliveryMeter
  readonly http: HttpMeter
  readonly storage: StorageMeter
  /** Shows how old the newest exchange rate is (milliseconds), once the hub has rates. */
  watchRates(ageMs: () => number): void
  readonly contentType: string
  /** The text that Prometheus reads. Depths are read from storage now. */
  scrape(): Promise<string>
}

export interface HttpMeter {
  /** `route` is the pattern. */
  answered(
    labels: { readonly route: string; readonly method: string; readonly status: number },
    durationMs: number,
  ): void
}

export interface StorageMeter {
  /** One grouped commit of so many pieces of work. */
  committed(pieces: number, durationMs: number): void
}

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const ATTEMPT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1]
const COMMIT_PIECES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024]

export function createMetrics(options: {
  readonly reads: Pick<ReadStorage, 'queueDepths' | 'inboxDepths'>
  now(): number
  readonly version: string
}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const info = new Gauge({
    name: 'tributary_info',
    help: 'The version that runs.',
    labelNames: ['version'],
    registers: [registry],
  })
  info.set({ version: options.version }, 1)
  const unreadable = new Counter({
    name: 'tributary_depths_unreadable_total',
    help: 'Scrapes whose depths could not be read from storage; those gauges are then absent.',
    registers: [registry],
  })
  const setDepths = depthGauges(registry)
  return {
    watchRates: (ageMs) => ratesGauge(registry, ageMs),
    ingest: ingestMeter([registry]),
    delivery: deliveryMeter([registry]),
    http: httpMeter([registry]),
    storage: storageMeter([registry]),
    contentType: registry.contentType,
    async scrape() {
      try {
        const [queues, inbox] = await Promise.all([
          options.reads.queueDepths(options.now()),
          options.reads.inboxDepths(),
        ])
        setDepths(queues, inbox)
      } catch {
        setDepths([], null)
        unreadable.inc()
      }
      return registry.metrics()
    },
  }
}

function ratesGauge(registry: Registry, ageMs: () => number): void {
  const gauge: Gauge = new Gauge({
    name: 'tributary_exchange_rates_age_seconds',
    help: 'How old the newest exchange rate is, by its day.',
    registers: [registry],
    collect: () => {
      gauge.set(Math.round(ageMs() / 1000))
    },
  })
}

type Queues = Awaited<ReturnType<ReadStorage['queueDepths']>>

function depthGauges(
  registry: Registry,
): (queues: Queues, inbox: Readonly<Record<NotificationStatus, number>> | null) => void {
  const labelNames = ['project', 'integration', 'environment'] as const
  const waiting = new Gauge({
    name: 'tributary_deliveries_waiting',
    help: 'Deliveries that wait, per channel.',
    labelNames,
    registers: [registry],
  })
  const oldest = new Gauge({
    name: 'tributary_queue_oldest_due_seconds',
    help: 'How long the oldest due queue of a channel has been due.',
    labelNames,
    registers: [registry],
  })
  const notifications = new Gauge({
    name: 'tributary_notifications',
    help: 'Notifications kept, by status.',
    labelNames: ['status'],
    registers: [registry],
  })
  return (queues, inbox) => {
    waiting.reset()
    oldest.reset()
    notifications.reset()
    for (const { projectId, channelId, waiting: count, oldestDueMs } of queues) {
      const at = channelId.lastIndexOf(':')
      const labels = { project: projectId, integration: channelId.slice(0, at), environment: channelId.slice(at + 1) }
      waiting.set(labels, count)
      oldest.set(labels, oldestDueMs === null ? 0 : Math.max(0, oldestDueMs) / 1000)
    }
    for (const [status, count] of Object.entries(inbox ?? {})) notifications.set({ status }, count)
  }
}

function ingestMeter(registers: Registry[]): IngestMeter {
  const labelNames = ['project', 'app'] as const
  const accepted = new Counter({
    name: 'tributary_notifications_accepted_total',
    help: 'Notifications kept, or known already.',
    labelNames: [...labelNames, 'duplicate'],
    registers,
  })
  const refused = new Counter({
    name: 'tributary_notifications_refused_total',
    help: 'Messages answered otherwise than 2xx, by the status of the answer.',
    labelNames: [...labelNames, 'status'],
    registers,
  })
  const understood = new Counter({
    name: 'tributary_notifications_understood_total',
    help: 'What became of kept notifications.',
    labelNames: [...labelNames, 'outcome'],
    registers,
  })
  const events = new Counter({
    name: 'tributary_events_total',
    help: 'Lifecycle events derived.',
    labelNames: ['project', 'type'],
    registers,
  })
  const unverified = new Counter({
    name: 'tributary_purchases_unverified_total',
    help: 'Purchases whose access should have ended while their store could not be asked.',
    labelNames,
    registers,
  })
  return {
    accepted: (app, duplicate) => accepted.inc({ ...nameOf(app), duplicate: String(duplicate) }),
    refused: (app, status) => refused.inc({ ...nameOf(app), status }),
    unavailable: (app) => refused.inc({ ...nameOf(app), status: 503 }),
    understood: (app, outcome, count) => understood.inc({ ...nameOf(app), outcome }, count),
    event: (project, type) => events.inc({ project, type }),
    unverified: (app) => unverified.inc(nameOf(app)),
  }
}

function deliveryMeter(registers: Registry[]): DeliveryMeter {
  const labelNames = ['project', 'integration', 'environment'] as const
  const settled = new Counter({
    name: 'tributary_deliveries_settled_total',
    help: 'Deliveries that reached an end.',
    labelNames: [...labelNames, 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'tributary_attempt_duration_seconds',
    help: 'Requests to destinations, by what became of them.',
    labelNames: [...labelNames, 'outcome'],
    buckets: ATTEMPT_SECONDS,
    registers,
  })
  const carried = new Counter({
    name: 'tributary_attempt_deliveries_total',
    help: 'Deliveries that those requests carried.',
    labelNames: [...labelNames, 'outcome'],
    registers,
  })
  return {
    attempt(channel, outcome, durationMs, deliveries) {
      const labels = { ...placeOf(channel), outcome }
      seconds.observe(labels, durationMs / 1000)
      carried.inc(labels, deliveries)
    },
    settled: (channel, status, count) => settled.inc({ ...placeOf(channel), status }, count),
  }
}

function httpMeter(registers: Registry[]): HttpMeter {
  const seconds = new Histogram({
    name: 'tributary_http_request_duration_seconds',
    help: 'Requests answered, by the pattern of their route.',
    labelNames: ['route', 'method', 'answer'],
    buckets: REQUEST_SECONDS,
    registers,
  })
  return {
    answered: ({ route, method, status }, durationMs) =>
      seconds.observe({ route, method, answer: `${Math.floor(status / 100)}xx` }, durationMs / 1000),
  }
}

function storageMeter(registers: Registry[]): StorageMeter {
  const seconds = new Histogram({
    name: 'tributary_commit_duration_seconds',
    help: 'Grouped commits.',
    buckets: COMMIT_SECONDS,
    registers,
  })
  const pieces = new Histogram({
    name: 'tributary_commit_pieces',
    help: 'Pieces of work in a grouped commit.',
    buckets: COMMIT_PIECES,
    registers,
  })
  return {
    committed(count, durationMs) {
      pieces.observe(count)
      seconds.observe(durationMs / 1000)
    },
  }
}

function nameOf({ projectId, id }: App): { project: string; app: string } {
  return { project: projectId, app: id }
}

function placeOf({ projectId, integrationId, environment }: ChannelRow): {
  project: string
  integration: string
  environment: string
} {
  return { project: projectId, integration: integrationId, environment }
}
