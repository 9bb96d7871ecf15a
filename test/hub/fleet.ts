import pg from 'pg'
import { afterwards, until, type World } from './harness.ts'
import { freePort, type HubProcess, startProcess } from './process.ts'

/** Several processes of one hub on PostgreSQL, and what the database says of each. */

export const KEY = Buffer.alloc(32, 7).toString('base64')

/** The environment of a world on PostgreSQL. */
export function onPostgres(url: string): Readonly<Record<string, string>> {
  return { TRIBUTARY_DATABASE_URL: url, TRIBUTARY_SECRET_KEY: KEY }
}

export type Role = 'all' | 'web' | 'worker'

export interface Member {
  readonly role: Role
  /** What its claims bear. */
  readonly owner: string
  readonly hub: HubProcess
}

/** A delivery that one process has in flight. */
export interface InFlight {
  readonly integrationId: string
  readonly eventId: string
}

export interface Fleet {
  readonly members: readonly Member[]
  /** Where messages are taken, whoever lives. */
  readonly doors: readonly string[]
  /** kill -9. Gives what it had in flight, as the database says just before and just after its end. */
  kill(index: number): Promise<{ readonly owner: string; readonly inFlight: readonly InFlight[] }>
  /** Starts a killed one again, at the port it had. */
  revive(index: number): Promise<Member>
  /** SIGTERM to all; the exit codes. */
  stop(): Promise<readonly (number | null)[]>
}

export type Ask = <Row extends Readonly<Record<string, unknown>>>(
  sql: string,
  params?: readonly unknown[],
) => Promise<readonly Row[]>

/** Questions beside the hub; they outlive a server that comes back. */
export function openAsk(url: string): Ask {
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    application_name: 'test',
    options: '-c search_path=tributary',
  })
  pool.on('error', () => undefined)
  afterwards(() => pool.end())
  return async <Row>(sql: string, params: readonly unknown[] = []) => {
    let rows: readonly Row[] = []
    await until('PostgreSQL answers', async () => {
      rows = (await pool.query(sql, [...params])).rows as readonly Row[]
      return true
    })
    return rows
  }
}

const IN_FLIGHT = `SELECT d.integration_id AS "integrationId", d.event_id AS "eventId" FROM queues q CROSS JOIN LATERAL (
  SELECT d.* FROM deliveries d WHERE d.project_id = q.project_id AND d.channel_id = q.channel_id AND d.customer_id = q.customer_id
    AND d.status = 'waiting' ORDER BY d.seq, d.event_id LIMIT q.claimed) d
WHERE q.owner = $1`

export async function inFlightOf(ask: Ask, owner: string): Promise<readonly InFlight[]> {
  return ask<InFlight & Readonly<Record<string, unknown>>>(IN_FLIGHT, [owner])
}

/** Everything that bears the name of one owner and is kept from others by it. */
const CLAIMED = `SELECT (SELECT count(*) FROM queues WHERE owner = $1) + (SELECT count(*) FROM slots WHERE owner = $1 AND lease_until > extract(epoch FROM now()) * 1000)
  + (SELECT count(*) FROM queue_holds WHERE owner = $1)
  + (SELECT count(*) FROM notifications WHERE status = 'waiting' AND owner = $1) AS claims`

export async function claimsOf(ask: Ask, owner: string): Promise<number> {
  return Number((await ask<{ claims: string }>(CLAIMED, [owner]))[0]?.claims)
}

const INSTANCES = `SELECT DISTINCT substr(application_name, 11) AS owner FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'tributary pg-%'`

export async function startFleet(world: World, ask: Ask, roles: readonly Role[]): Promise<Fleet> {
  const seen = new Set((await ask<{ owner: string }>(INSTANCES)).map(({ owner }) => owner))
  const start = async (role: Role, port: number): Promise<Member> => {
    const hub = await startProcess(world, port, { TRIBUTARY_ROLE: role })
    const fresh = (await ask<{ owner: string }>(INSTANCES)).filter(({ owner }) => !seen.has(owner))
    const [only] = fresh
    if (only === undefined || fresh.length > 1) throw new Error(`${fresh.length} new processes on the database`)
    seen.add(only.owner)
    return { role, owner: only.owner, hub }
  }
  const members: Member[] = []
  const ports: number[] = []
  for (const role of roles) {
    const port = await freePort()
    ports.push(port)
    members.push(await start(role, port))
  }
  const member = (index: number): Member => {
    const found = members[index]
    if (found === undefined) throw new Error(`there is no member ${index}`)
    return found
  }
  return {
    members,
    doors: members.filter(({ role }) => role !== 'worker').map(({ hub }) => hub.address),
    async kill(index) {
      const { owner, hub } = member(index)
      if (hub.child.exitCode !== null) throw new Error(`a process ended by itself: ${hub.errors()}`)
      const before = await inFlightOf(ask, owner)
      await hub.kill()
      const after = await inFlightOf(ask, owner)
      const inFlight = new Map([...before, ...after].map((one) => [`${one.integrationId} ${one.eventId}`, one]))
      return { owner, inFlight: [...inFlight.values()] }
    },
    async revive(index) {
      members[index] = await start(member(index).role, ports[index] ?? 0)
      return member(index)
    },
    stop: () => Promise.all(members.map(({ hub }) => hub.stop())),
  }
}
