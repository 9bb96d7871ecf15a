import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A program of the bench in a process of its own, spoken to in messages. */
export interface Program {
  readonly pid: number
  readonly ended: Promise<void>
  /** Resolves with the first message that has not been taken yet; rejects when the program ends before. */
  next<T>(): Promise<T>
  say(message: object): void
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
}

const STOP_DEADLINE_MS = 30_000

/** `file` is relative to bench/. What it prints on stderr is shown. */
export function startProgram(
  file: string,
  options: {
    readonly args?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
    readonly execArgv?: readonly string[]
    /** A file descriptor that its standard output goes to. */
    readonly stdout?: number
  } = {},
): Program {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...(options.args ?? [])], {
    env: { ...cleanEnvironment(), ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', options.stdout ?? 'pipe', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  return spokenTo(child, file)
}

function spokenTo(child: ChildProcess, name: string): Program {
  const arrived: unknown[] = []
  const asked: { resolve: (message: unknown) => void; reject: (error: Error) => void }[] = []
  let ended = false
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true
      for (const { reject } of asked) reject(new Error(`${name} ended (${signal ?? code}) before it answered`))
      resolve()
    })
  })
  // A run that breaks off leaves nobody behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  void exited.then(() => process.off('exit', kill))
  child.on('message', (message) => {
    const first = asked.shift()
    if (first === undefined) arrived.push(message)
    else first.resolve(message)
  })
  // Stand-ins say where they listen in a line of JSON.
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 1)
      if (line.startsWith('{"url"')) child.emit('message', JSON.parse(line))
    }
  })
  return {
    pid: child.pid ?? 0,
    ended: exited,
    next: <T>() =>
      new Promise<T>((resolve, reject) => {
        if (arrived.length > 0) resolve(arrived.shift() as T)
        else if (ended) reject(new Error(`${name} has ended`))
        else asked.push({ resolve: resolve as (message: unknown) => void, reject })
      }),
    say: (message) => void child.send(message),
    stop: async () => {
      if (!ended) child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS)
      await exited
      clearTimeout(late)
    },
  }
}

/** A hub or relay must see no setting of the person who runs the bench. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TRIBUTARY_|PG|REDIS|NODE_OPTIONS)/.test(name)),
  )
}

/** Linux counts in hundredths of a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_MS = 10

/** CPU time of processes so far, all threads (milliseconds). 0 where there is no /proc. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
}

function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}
