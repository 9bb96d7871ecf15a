import type { IncomingHttpHeaders } from 'node:http'
import type { App } from '../domain/project.ts'
import type { AppCallCount } from '../storage/app-calls.ts'
import type { AppCallsDoor } from './doors.ts'

/** What apps call that is not here, whether they ask for signed answers, and which SDKs they are. */
export interface AppCalls {
  /** A request of an app with its public key. */
  heard(app: App, headers: IncomingHttpHeaders): void
  /** An address of the SDK wire that nothing answers. */
  missed(app: App, method: string, url: string): void
  /** Writes what was counted since; for the end of the process. */
  flush(): Promise<void>
}

/** A flood of calls costs one commit in this time. */
const FLUSH_MS = 5_000
/** Names of a kind that an app may have; what comes after them is counted as `other`. */
export const MOST_NAMES = 40
const MOST_APPS = 1_000
export const OTHER = 'other'

/** Counts in memory and writes at most every few seconds. */
export function createAppCalls(door: AppCallsDoor, now: () => number): AppCalls {
  const counts = new Map<string, AppCallCount>()
  /** Names per app and kind, known from storage too, so that a restart does not make room for more. */
  const names = new Map<string, Set<string>>()
  let timer: NodeJS.Timeout | null = null

  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const rows = [...counts.values()]
    counts.clear()
    // What cannot be counted is the least of the troubles of a storage that is down.
    await write(rows).catch(() => undefined)
  }
  const write = async (rows: readonly AppCallCount[]): Promise<void> => {
    if (rows.length === 0) return
    for (const { projectId, appId } of rows) await learn(projectId, appId)
    await door.count(merged(rows.map((row) => ({ ...row, name: nameFor(row) }))))
  }
  const learn = async (projectId: string, appId: string): Promise<void> => {
    if (names.has(`${projectId}\n${appId}`)) return
    if (names.size > MOST_APPS) names.clear()
    names.set(`${projectId}\n${appId}`, new Set())
    for (const { kind, name } of await door.counted(projectId, appId)) nameFor({ projectId, appId, kind, name })
  }
  const nameFor = ({ projectId, appId, kind, name }: Omit<AppCallCount, 'count' | 'at'>): string => {
    const key = `${projectId}\n${appId}`
    const known = names.get(key) ?? new Set<string>()
    names.set(key, known)
    if (known.has(`${kind}\n${name}`)) return name
    if ([...known].filter((one) => one.startsWith(`${kind}\n`)).length >= MOST_NAMES) return OTHER
    known.add(`${kind}\n${name}`)
    return name
  }
  const count = (app: App, kind: AppCallCount['kind'], name: string): void => {
    const key = `${app.projectId}\n${app.id}\n${kind}\n${name}`
    const known = counts.get(key)
    // A name of its own for each request must not fill the memory between two writes.
    if (known === undefined && counts.size >= MOST_APPS) return
    const { projectId, id: appId } = app
    counts.set(key, { projectId, appId, kind, name, count: (known?.count ?? 0) + 1, at: now() })
    if (timer === null) timer = setTimeout(() => void flush(), FLUSH_MS).unref()
  }
  return {
    heard(app, headers) {
      if (headers['x-nonce'] !== undefined) count(app, 'nonce', 'X-Nonce')
      const sdk = sdkOf(headers)
      if (sdk !== null) count(app, 'sdk', sdk)
    },
    missed: (app, method, url) => count(app, 'missing', patternOf(method, url)),
    flush,
  }
}

function merged(rows: readonly AppCallCount[]): readonly AppCallCount[] {
  const byName = new Map<string, AppCallCount>()
  for (const row of rows) {
    const key = `${row.projectId}\n${row.appId}\n${row.kind}\n${row.name}`
    const known = byName.get(key)
    byName.set(key, known === undefined ? row : { ...row, count: known.count + row.count })
  }
  return [...byName.values()]
}

/** `iOS 5.40.1`, as the headers X-Platform and X-Version say; null where they say nothing of the kind. */
function sdkOf(headers: IncomingHttpHeaders): string | null {
  const platform = /^[A-Za-z0-9 ._-]{1,20}$/.exec(String(headers['x-platform'] ?? ''))?.[0]
  const version = /^[A-Za-z0-9.+-]{1,30}$/.exec(String(headers['x-version'] ?? ''))?.[0]
  return platform === undefined || version === undefined ? null : `${platform} ${version}`
}

/** Parts of the SDKs' addresses that are names although they stand where an id could (purchases-ios, -android, -js). */
const NAMES: ReadonlySet<string> = new Set(
  'v1 rcbilling identify redeem_purchase support create-ticket prepare start amazon login refresh logout'.split(' '),
)
const WORD = /^[a-z][a-z_-]{1,40}$/
const MOST_PARTS = 8

/**
 * The method and the address, its ids replaced: `GET /v1/customercenter/{id}`. What follows a name is taken for the id of
 * somebody, so that none is ever kept.
 */
export function patternOf(method: string, url: string): string {
  const parts = (url.split('?', 1)[0] ?? '').split('/').filter((part) => part !== '')
  let nameMayCome = true
  const shown = parts.slice(0, MOST_PARTS).map((part) => {
    if (NAMES.has(part)) return part
    const named = nameMayCome && WORD.test(part)
    nameMayCome = !nameMayCome
    return named ? part : '{id}'
  })
  return `${method.slice(0, 10)} /${shown.join('/')}${parts.length > MOST_PARTS ? '/…' : ''}`
}
