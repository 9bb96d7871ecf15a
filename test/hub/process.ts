import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '../programs.ts'
import { afterwards, type LogLine, until, type World } from './harness.ts'

/** The hub as users run it: `tributary serve` in a process of its own. */
export interface HubProcess {
  readonly address: string
  readonly child: ChildProcess
  /** From the spawn to the first 200 of /readyz. */
  readonly readyMs: number
  readonly lines: readonly LogLine[]
  readonly errors: () => string
  /** kill -9: resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM: the exit code. */
  stop(): Promise<number | null>
}

const ENTRY = fileURLToPath(new URL('../../bin/tributary.cjs', import.meta.url))

/** A port that was free a moment ago, so that a hub can come back at the address it had. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port was given.')
  return address.port
}

export function spawnHub(
  world: World,
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): ChildProcess {
  const child = spawn(process.execPath, [ENTRY, 'serve', ...flags], {
    env: { ...bareEnvironment(), ...world.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  afterwards(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

/** Resolves with code and what was said on stderr, for a hub that is not to come up. */
export async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly said: string }> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stdout?.resume()
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

/** Starts the hub on a port of its own and waits until it is ready. */
export async function startProcess(
  world: World,
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<HubProcess> {
  const started = performance.now()
  // A worker answers on its port of metrics alone.
  const setting = env.TRIBUTARY_ROLE === 'worker' ? 'TRIBUTARY_METRICS_PORT' : 'TRIBUTARY_PORT'
  const child = spawnHub(world, { [setting]: String(port), TRIBUTARY_LOG_LEVEL: 'warn', ...env })
  const lines: LogLine[] = []
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = `${rest}${chunk.toString()}`.split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.startsWith('{')) lines.push(JSON.parse(part) as LogLine)
  })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const address = `http://127.0.0.1:${port}`
  const exited = once(child, 'exit')
  const ready = until('the hub is ready', async () => (await fetch(`${address}/readyz`)).status === 200, 30_000)
  const failed = exited.then(([code]: unknown[]) => {
    throw new Error(`The hub ended with ${String(code)}: ${said}`)
  })
  // Afterwards its end is what the test asks for.
  failed.catch(() => undefined)
  await Promise.race([ready, failed])
  const readyMs = performance.now() - started
  return {
    address,
    child,
    readyMs,
    lines,
    errors: () => said,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = (await exited) as [number | null]
      return code
    },
  }
}
