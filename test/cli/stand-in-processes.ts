import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Stand-ins as processes of their own, as docs/quickstart.md starts them. */
export interface StandInProcesses {
  /** Starts `src/stand-ins/<path>` in `cwd` on a free port, and gives the line that it prints. */
  start(path: string, args: readonly string[], cwd: string): Promise<Readonly<Record<string, unknown>>>
  dispose(): Promise<void>
}

export function standInProcesses(): StandInProcesses {
  const children: ChildProcess[] = []
  return {
    start: (path, args, cwd) => {
      const file = fileURLToPath(new URL(`../../src/stand-ins/${path}`, import.meta.url))
      const child = spawn(process.execPath, [file, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(child)
      return new Promise((resolve, reject) => {
        let text = ''
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          if (text.includes('\n')) resolve(JSON.parse(text) as Record<string, unknown>)
        })
        child.once('exit', (code) => reject(new Error(`${path} ended with ${code}.`)))
        child.once('error', reject)
      })
    },
    dispose: async () => {
      await Promise.all(
        children.map(
          (child) =>
            new Promise<void>((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve()
              child.once('exit', () => resolve())
              child.kill('SIGKILL')
            }),
        ),
      )
    },
  }
}
