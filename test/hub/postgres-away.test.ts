import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, startCluster } from '../postgres-cluster.ts'
import { onPostgres, openAsk } from './fleet.ts'
import { DAY, notificationsOf, post, startInProcess, startWorld, until } from './harness.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

/** The server ends whoever writes a purchase, as often as one call tries it anew and once more. */
const CUT = `
CREATE SEQUENCE cuts;
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('cuts') <= 4 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cut BEFORE INSERT ON purchases FOR EACH ROW EXECUTE FUNCTION cut()`

describe('PostgreSQL that goes away in the middle of a step', () => {
  it('is back: what was claimed is understood at once, not when its lease ends', async () => {
    const url = await cluster.createDatabase()
    const world = await startWorld({ env: onPostgres(url) })
    const hub = await startInProcess(world)
    const ask = openAsk(url)
    await ask(CUT)
    const { opening } = world.production.subscribe({
      product: 'com.acme.monthly',
      price: 9.99,
      period: 'P1M',
      at: Date.now() - DAY,
    })
    expect((await post(hub.address, opening.body)).status).toBe(200)
    // Its lease is half a minute.
    await until(
      'it is understood',
      async () => (await notificationsOf(hub.address)).every(({ status }) => status === 'understood'),
      20_000,
    )
    expect(Number((await ask<{ n: string }>('SELECT last_value AS n FROM cuts'))[0]?.n)).toBe(5)
    await hub.idle()
    expect(world.segment.accepted().filter(({ type }) => type === 'track')).toHaveLength(1)
    expect(hub.lines.filter(({ msg }) => msg.startsWith('Understanding notifications failed')).length).toBeGreaterThan(
      0,
    )
  })
})
