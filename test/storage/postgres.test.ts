import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../../src/storage/postgres/open.ts'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { describeStorage } from './conformance.ts'
import { badPlans, schemaOf } from './postgres-shape.ts'
import { openSide, type Side } from './postgres-side.ts'

let cluster: Cluster
let url = ''
let side: Side
beforeAll(async () => {
  cluster = await startCluster()
  url = await cluster.createDatabase()
  const storage = await openPostgres({ url, migrate: true })
  await storage.close()
  side = await openSide(url)
})
afterAll(async () => {
  await side.close()
  await cluster.stop()
})

describeStorage('postgres', async () => {
  await side.reset()
  let storage = await openPostgres({ url, migrate: false })
  return {
    storage,
    async reopen() {
      await storage.close()
      storage = await openPostgres({ url, migrate: false })
      return storage
    },
    numbered: () => side.numbered(),
    destroy: () => storage.close(),
  }
})

describe('the schema', () => {
  it('is the one in schema.sql (after a migration: vitest run test/storage/postgres.test.ts -t "the schema" --update=all)', async () => {
    const schema = await schemaOf(side)
    expect(schema.length).toBeGreaterThan(5_000)
    await expect(schema).toMatchFileSnapshot('../../src/storage/postgres/schema.sql')
  })

  it('every key leads with project_id, but for those that say why not', async () => {
    const keys = await side.query(
      `SELECT indexdef FROM pg_indexes WHERE schemaname = 'tributary' AND indexdef !~ '\\((project_id|name, |one\\))'`,
    )
    const exceptions =
      /migrations|meta|secret_keys|unnumbered|last_position|_waiting|figures_apart|purchases_unreckoned|queues_claimed|purchases_check|provisional_events_until|exchange_rates|accounts|memberships_account|sessions|one_time_links_|sign_in_tries/
    const others = keys.map(([text]) => String(text)).filter((text) => !exceptions.test(text))
    expect(others).toEqual([])
    expect(keys.length).toBeGreaterThan(4)
  })
})

describe('plans', () => {
  /** Many customers of one project, nearly all of them waiting in one channel: what a long outage leaves behind. */
  const fill = async (): Promise<void> => {
    const rows = 20_000
    await side.query(
      `INSERT INTO customers SELECT 'acme', 'c' || i, 1, 'u' || i, 'u' || i, i, i, i, '[]', '{}' FROM generate_series(1, ${rows}) i`,
    )
    await side.query(
      `INSERT INTO aliases SELECT 'acme', 'u' || i, 'c' || i, 'h' || i FROM generate_series(1, ${rows}) i`,
    )
    await side.query(`INSERT INTO purchases (project_id, store, environment, chain, line, app_id, customer_id, version, body)
      SELECT 'acme', 's', 'e', 'p' || i, '', 'ios', 'c' || i, 1, '{}' FROM generate_series(1, ${rows}) i`)
    await side.query(`INSERT INTO events SELECT 'acme', 'e' || i, 'a', NULL, '{}' FROM generate_series(1, ${rows}) i`)
    await side.query(
      `INSERT INTO event_places SELECT i, 'acme', 'e' || i, 'c' || i, 't', NULL, 'e' FROM generate_series(1, ${rows}) i`,
    )
    await side.query(`INSERT INTO deliveries (project_id, id, integration_id, environment, channel_id, customer_id, event_id, seq, status, may_go_at, created_at)
      SELECT 'acme', 'd' || i, 'segment', 'production', 'segment:production', 'c' || i, 'e' || i, i, 'waiting', 0, i FROM generate_series(1, ${rows}) i`)
    await side.query(
      `INSERT INTO queues SELECT 'acme', 'segment:production', 'c' || i, i, NULL, 0, NULL, 0, 0, 0, 0 FROM generate_series(1, ${rows}) i`,
    )
    await side.query(`INSERT INTO notifications (project_id, id, app_id, store, environment, source_key, type, via, sent_at, received_at, status, due_at, tries, events)
      SELECT 'acme', 'n' || i, 'ios', 's', 'e', 'k' || i, 't', 'push', i, i, 'understood', i, 0, 0 FROM generate_series(1, ${rows}) i`)
    await side.query(
      `INSERT INTO notification_bodies (project_id, received_at, id, body) SELECT 'acme', i, 'n' || i, '' FROM generate_series(1, ${rows}) i`,
    )
    await side.query(`INSERT INTO ledger SELECT 'acme', 's', 'e', 'p' || i, '', 'charge:' || i, 'charge', 't' || i, 'x', i, i, 1, 'USD', 0, 0, NULL, NULL, NULL
      FROM generate_series(1, ${rows}) i`)
    await side.query(`INSERT INTO attribute_sets SELECT 'acme', 'a' || i, '{}' FROM generate_series(1, ${rows}) i`)
    await side.query(
      `INSERT INTO channel_customers SELECT 'acme', 'segment:production', 'c' || i, 'active' FROM generate_series(1, ${rows}) i`,
    )
    await side.query(
      `INSERT INTO attempts SELECT 'acme', 'a' || i, 'segment:production', i, 1, 200, '', '', '' FROM generate_series(1, ${rows}) i`,
    )
  }

  it('of every statement find rows by whole keys, before statistics are taken and after', async () => {
    await side.reset()
    await fill()
    const before = await badPlans(side)
    expect(before.faults).toEqual([])
    await side.query('ANALYZE')
    const after = await badPlans(side)
    expect(after.faults).toEqual([])
  })
})
