import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '../programs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'bin', 'tributary.cjs')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningHub {
  readonly address: string
  /** What it has written to stdout so far. */
  readonly log: () => string
  /** SIGTERM, or another signal, and the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** A folder of its own and the real command in it. Nothing of the tests' own environment reaches the command. */
export interface Machine {
  readonly folder: string
  readonly dataDir: string
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
  serve(env?: Readonly<Record<string, string>>): Promise<RunningHub>
  /** Ends what still runs and removes the folder. */
  dispose(): Promise<void>
}

export function machine(): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-cli-'))
  const dataDir = join(folder, 'data')
  const children = new Set<Child>()
  const start = (args: readonly string[], env: Readonly<Record<string, string>>): Child => {
    const child = startChild(args, folder, {
      TRIBUTARY_DATA_DIR: dataDir,
      TRIBUTARY_PORT: '0',
      TRIBUTARY_METRICS_PORT: '0',
      ...env,
    })
    children.add(child)
    return child
  }
  return {
    folder,
    dataDir,
    run: (args, env = {}) => start(args, env).ended,
    serve: async (env = {}) => {
      const child = start(['serve'], env)
      const address = await listening(child)
      return {
        address,
        log: child.stdout,
        stop: (signal = 'SIGTERM') => {
          child.process.kill(signal)
          return child.ended
        },
      }
    },
    dispose: async () => {
      for (const child of children) child.process.kill('SIGKILL')
      await Promise.all([...children].map(({ ended }) => ended))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Child {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly ended: Promise<Ended>
  readonly onOutput: (look: () => void) => void
}

function startChild(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Child {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  const looks: (() => void)[] = []
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const look of looks) look()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
  })
  return { process: child, stdout: () => text.stdout, ended, onOutput: (look) => looks.push(look) }
}

/** The address in the line that says so; an early end is the test's failure. */
async function listening(child: Child): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.onOutput(() => {
    const found = /"msg":"Tributary listens on (http:\/\/[^\s"]+)"/.exec(child.stdout())
    if (found?.[1] !== undefined) resolve(found[1])
  })
  const early = child.ended.then(({ code, stderr, stdout }) => {
    throw new Error(`serve ended with ${code}: ${stderr}${stdout}`)
  })
  return Promise.race([promise, early])
}
