import { complain } from './output.ts'

/** How far a long command is: on a terminal one line that changes, elsewhere a line every ten seconds. Never on stdout. */
export interface Progress {
  /** 0 to 1. */
  part(done: number): void
  /** Words of one's own, in place of the percentage. */
  words(text: string): void
  end(): void
}

const TERMINAL_MS = 250
const LOG_MS = 10_000

export function openProgress(what: string): Progress {
  const terminal = process.stderr.isTTY === true
  const every = terminal ? TERMINAL_MS : LOG_MS
  let last = Date.now()
  let drawn = false
  const words = (text: string): void => {
    if (Date.now() - last < every) return
    last = Date.now()
    if (terminal) process.stderr.write(`\r\u001b[K${what}: ${text}`)
    else complain(`${what}: ${text}`)
    drawn = terminal
  }
  return {
    part: (done) => words(`${Math.floor(done * 100)} %`),
    words,
    end() {
      if (drawn) process.stderr.write('\r\u001b[K')
      drawn = false
    },
  }
}
