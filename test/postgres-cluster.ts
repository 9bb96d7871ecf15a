import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isProgram } from './programs.ts'

/**
 * A throw-away PostgreSQL: data and socket in one folder of the system's temporary one, gone when it is stopped. Under
 * root its programs run as `postgres`, else as `nobody`, who owns that folder; PostgreSQL refuses to run as root.
 */
export interface Cluster {
  /** A new empty database. */
  createDatabase(): Promise<string>
  /** The same database over loopback TCP (only with `tcp`). */
  overTcp(url: string): string
  /** Runs SQL with psql as the superuser; gives what it prints, unaligned. */
  sql(url: string, sql: string): string
  /** Ends the server as a crash or as an operator would, and starts it again. */
  restart(mode?: 'fast' | 'immediate'): Promise<void>
  halt(mode?: 'fast' | 'immediate'): Promise<void>
  /** Starts it again as a standby, which only `promote` makes a primary. */
  demote(): Promise<void>
  promote(): void
  /** Every process of it stands still: it neither answers nor hangs up. */
  pause(): void
  resume(): void
  start(): Promise<void>
  /** Stops it and removes everything; throws when a process of it is left. */
  stop(): Promise<void>
}

export interface ClusterOptions {
  /** Write through to the disk, where a test is about durability. */
  readonly fsync?: boolean
  readonly tcp?: boolean
  /** More lines for postgresql.conf. */
  readonly settings?: readonly string[]
}

const PROGRAMS = ['initdb', 'postgres', 'psql'] as const
type Program = (typeof PROGRAMS)[number]

const MISSING =
  'PostgreSQL 15 or newer is not installed: install the Debian package postgresql, or put its programs on PATH.'

/** On PATH, or where Debian keeps each version. Throws the one line that says what is missing. */
function findPrograms(): Readonly<Record<Program, string>> {
  const debian = '/usr/lib/postgresql'
  let versions: readonly string[] = []
  try {
    versions = readdirSync(debian).sort((a, b) => Number(b) - Number(a))
  } catch {
    // Not Debian.
  }
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  const found = PROGRAMS.map((name): readonly [Program, string] => {
    const folder = folders.find((one) => one !== '' && isProgram(join(one, name)))
    if (folder === undefined) throw new Error(MISSING)
    return [name, join(folder, name)]
  })
  return Object.fromEntries(found) as Record<Program, string>
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** Whom to run it as; null: as oneself. */
function findUser(): User | null {
  if (process.getuid?.() !== 0) return null
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('There is neither a user postgres nor a user nobody to run PostgreSQL as; it refuses to run as root.')
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const programs = findPrograms()
  const user = findUser()
  const folder = mkdtempSync(join(tmpdir(), 'tributary-pg-'))
  const data = join(folder, 'data')
  if (user !== null) chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  const as = { ...(user ?? {}), cwd: folder, env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' } }
  const port = options.tcp === true ? await freePort() : 5432
  const made = spawnSync(
    programs.initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync', '--no-instructions'],
    { ...as, encoding: 'utf8' },
  )
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`initdb failed: ${made.stderr || String(made.error)}`)
  }
  const settings = [
    `listen_addresses=${options.tcp === true ? '127.0.0.1' : ''}`,
    `unix_socket_directories=${folder}`,
    `port=${port}`,
    `fsync=${options.fsync === true ? 'on' : 'off'}`,
    'max_connections=200',
    'shared_buffers=128MB',
    'max_wal_size=2GB',
    'log_min_messages=fatal',
    'log_statement=none',
    'logging_collector=off',
    ...(options.settings ?? []),
  ]
  let server: ChildProcess | null = null
  let log = ''
  const url = (database: string): string =>
    `postgres://postgres@/${database}?host=${encodeURIComponent(folder)}&port=${port}`
  const psql = (database: string, sql: string): { readonly status: number | null; readonly text: string } => {
    const args = [
      '-X',
      '-q',
      '-A',
      '-t',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      folder,
      '-p',
      String(port),
      '-U',
      'postgres',
      '-d',
      database,
    ]
    const ran = spawnSync(programs.psql, [...args, '-c', sql], { encoding: 'utf8', env: { PATH: process.env.PATH } })
    return { status: ran.status, text: ran.status === 0 ? ran.stdout.trim() : ran.stderr.trim() }
  }
  const start = async (): Promise<void> => {
    const process = spawn(programs.postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server = process
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4_000)
    })
    await until(
      () => {
        if (process.exitCode !== null) throw new Error(`PostgreSQL did not start: ${log}`)
        return psql('postgres', 'SELECT 1').status === 0
      },
      30_000,
      () => `PostgreSQL did not answer: ${log}`,
    )
  }
  const halt = async (mode: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    const process = server
    if (process === null || process.exitCode !== null) return
    const ended = new Promise<void>((resolve) => process.once('exit', () => resolve()))
    process.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
    server = null
  }
  // A test process that ends early takes its server with it.
  const kill = (): void => {
    server?.kill('SIGQUIT')
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // It is still writing its last; the folder stays.
    }
  }
  process.on('exit', kill)
  let databases = 0
  let paused: number[] = []
  await start()
  return {
    async createDatabase() {
      databases += 1
      const name = `t${databases}`
      const made = psql('postgres', `CREATE DATABASE ${name} STRATEGY = FILE_COPY`)
      if (made.status !== 0) throw new Error(made.text)
      return url(name)
    },
    overTcp(given) {
      const { pathname } = new URL(given.replace('@/', '@local/'))
      return `postgres://postgres@127.0.0.1:${port}${pathname}`
    },
    sql(given, sql) {
      const { pathname } = new URL(given.replace('@/', '@local/'))
      const ran = psql(pathname.slice(1), sql)
      if (ran.status !== 0) throw new Error(ran.text)
      return ran.text
    },
    halt,
    start,
    async demote() {
      await halt('fast')
      const signal = join(data, 'standby.signal')
      writeFileSync(signal, '')
      if (user !== null) chownSync(signal, user.uid, user.gid)
      await start()
    },
    promote() {
      const ran = psql('postgres', 'SELECT pg_promote()')
      if (ran.text !== 't') throw new Error(`it was not promoted: ${ran.text}`)
    },
    pause() {
      const pids = psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()').text.split('\n')
      paused = [server?.pid ?? 0, ...pids.map(Number)].filter((pid) => pid > 0)
      for (const pid of paused) process.kill(pid, 'SIGSTOP')
    },
    resume() {
      for (const pid of paused.reverse()) process.kill(pid, 'SIGCONT')
      paused = []
    },
    async restart(mode) {
      await halt(mode)
      await start()
    },
    async stop() {
      const leader = server?.pid
      // Nothing of it is kept, so nothing need be written back.
      await halt('immediate')
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
      if (leader !== undefined && isAlive(leader)) throw new Error(`PostgreSQL ${leader} is still running`)
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Processes come and go without telling: looked at until `ms` are over, which is a failure. */
async function until(condition: () => boolean, ms: number, why: () => string): Promise<void> {
  for (const end = Date.now() + ms; !condition(); ) {
    if (Date.now() > end) throw new Error(why())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
