import { describe, expect, it } from 'vitest'
import { memoryHub } from './in-memory-doors.ts'
import { started } from './started.ts'

describe('/metrics', () => {
  it('counts what the rooms tell it and reads the depths at each scrape', async () => {
    const { metrics, meters, hub } = await started()
    const app = hub.doors.settings.current().app('acme', 'ios')
    const [channel] = hub.rows.channels
    if (app === undefined || channel === undefined) throw new Error('the sample hub is empty')
    meters.ingest.accepted(app, false)
    meters.ingest.accepted(app, true)
    meters.ingest.refused(app, 401)
    meters.ingest.unavailable(app)
    meters.ingest.understood(app, 'parked', 3)
    meters.ingest.event('acme', 'RENEWAL')
    meters.delivery.attempt(channel, 'failed', 40, 100)
    meters.delivery.settled(channel, 'delivered', 100)
    meters.storage.committed(16, 4)
    const answer = await metrics?.inject('/metrics')
    expect(answer?.headers['content-type']).toContain('text/plain')
    const text = answer?.body ?? ''
    for (const line of [
      'tributary_info{version="0.0.0-test"} 1',
      'tributary_notifications_accepted_total{project="acme",app="ios",duplicate="false"} 1',
      'tributary_notifications_accepted_total{project="acme",app="ios",duplicate="true"} 1',
      'tributary_notifications_refused_total{project="acme",app="ios",status="401"} 1',
      'tributary_notifications_refused_total{project="acme",app="ios",status="503"} 1',
      'tributary_notifications_understood_total{project="acme",app="ios",outcome="parked"} 3',
      'tributary_events_total{project="acme",type="RENEWAL"} 1',
      'tributary_attempt_duration_seconds_bucket{le="0.05",project="acme",integration="segment",environment="production",outcome="failed"} 1',
      'tributary_attempt_deliveries_total{project="acme",integration="segment",environment="production",outcome="failed"} 100',
      'tributary_deliveries_settled_total{project="acme",integration="segment",environment="production",status="delivered"} 100',
      'tributary_commit_pieces_bucket{le="16"} 1',
      'tributary_commit_duration_seconds_sum 0.004',
      'tributary_deliveries_waiting{project="acme",integration="segment",environment="production"} 7',
      'tributary_queue_oldest_due_seconds{project="acme",integration="segment",environment="production"} 1.5',
      'tributary_notifications{status="parked"} 4',
    ]) {
      expect(text).toContain(line)
    }
    expect(text).toContain('process_resident_memory_bytes')
  })

  it('still answers when storage cannot be read, without stale depths', async () => {
    const hub = memoryHub()
    let broken = false
    const reads = {
      ...hub.doors.reads,
      inboxDepths: () => (broken ? Promise.reject(new Error('locked')) : hub.doors.reads.inboxDepths()),
    }
    const { metrics } = await started({ hub: Object.assign(memoryHub(), { doors: { ...hub.doors, reads } }) })
    expect((await metrics?.inject('/metrics'))?.body).toContain('tributary_deliveries_waiting{')
    broken = true
    const text = (await metrics?.inject('/metrics'))?.body ?? ''
    expect(text).not.toContain('tributary_deliveries_waiting{')
    expect(text).toContain('tributary_depths_unreadable_total 1')
  })

  it('labels requests by the pattern of their route: nothing that a caller wrote', async () => {
    const { public: app, metrics } = await started()
    await app.inject('/api/projects/acme/customers/someone@private.example')
    await app.inject('/some/made-up/path')
    const text = (await metrics?.inject('/metrics'))?.body ?? ''
    expect(text).toContain(
      'tributary_http_request_duration_seconds_count{route="/api/projects/:project/customers/:id",method="GET",answer="4xx"} 1',
    )
    expect(text).toContain('route="unknown"')
    expect(text).not.toMatch(/private|made-up/)
  })
})
