import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from '../test/postgres-cluster.ts'
import { until } from './until.ts'

/** A server of a peer, thrown away afterwards. */
export interface Service {
  readonly pid: number
  /** How a client reaches it: a socket's path or a URL. */
  readonly address: string
  readonly version: string
  stop(): Promise<void>
}

/** Redis that has every write on disk before it answers; null when it is not installed. */
export async function startRedis(): Promise<Service | null> {
  const program = found('redis-server')
  if (program === null) return null
  const folder = mkdtempSync(join(tmpdir(), 'tributary-bench-redis-'))
  const socket = join(folder, 'redis.sock')
  const settings = `--port 0 --unixsocket ${socket} --dir ${folder} --appendonly yes --appendfsync always --maxmemory-policy noeviction`
  const child = spawn(program, [...settings.split(' '), '--save', ''], { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  await untilListening(socket, child)
  return {
    pid: child.pid ?? 0,
    address: socket,
    version: `Redis ${/v=(\S+)/.exec(execFileSync(program, ['--version']).toString())?.[1] ?? ''}`,
    stop: () => stopped(child, folder),
  }
}

/** PostgreSQL with fsync on, as it is set up without a hand laid on it; null when it is not installed. */
export async function startPostgres(): Promise<Service | null> {
  const cluster = await startCluster({ fsync: true }).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('is not installed')) return null
    throw error
  })
  if (cluster === null) return null
  const address = await cluster.createDatabase()
  const folder = new URL(address.replace('@/', '@local/')).searchParams.get('host') ?? ''
  return {
    pid: Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]),
    address,
    version: `PostgreSQL ${cluster.sql(address, 'SHOW server_version').split(' ')[0]}`,
    stop: cluster.stop,
  }
}

function found(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

async function untilListening(socket: string, child: ChildProcess): Promise<void> {
  const listens = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode} before it listened`)
    return new Promise((resolve) => {
      const probe = connect(socket)
      probe.once('connect', () => resolve(true)).once('error', () => resolve(false))
      probe.unref()
    })
  }
  await until(`${child.spawnfile} listens`, listens, { everyMs: 20, withinMs: 60_000 })
}

async function stopped(child: ChildProcess, folder: string): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  await exited
  rmSync(folder, { recursive: true, force: true })
}

/** A server and the processes that it started (milliseconds of CPU are asked of all of them). */
export function withChildren(pid: number): readonly number[] {
  try {
    const children = execFileSync('pgrep', ['-P', String(pid)])
      .toString()
      .trim()
      .split('\n')
      .map(Number)
    return [pid, ...children]
  } catch {
    return [pid]
  }
}
