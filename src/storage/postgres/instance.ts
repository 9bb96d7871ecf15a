import { type Connection, connect } from './connection.ts'

/**
 * What holds a process to the database: a session that has an advisory lock on the process's own random number for as
 * long as it lives (so that others know at once what died with it), and carries NOTIFY both ways.
 */
export interface Instance {
  /** What its claims bear. */
  readonly owner: string
  /** The lock is held: nobody takes us for dead. */
  readonly held: boolean
  /** Tells the other processes, soon and together with whatever else there is to tell. A lost word costs one poll. */
  tell(what: Word): void
  /** Words of others, and every word after a time in which they may have been missed. */
  onWord(listener: (what: Word) => void): void
  close(): Promise<void>
}

/** `events`: some are committed that have no position yet. */
const WORDS = ['inbox', 'queues', 'channels', 'settings', 'positions', 'events'] as const
export type Word = (typeof WORDS)[number]

/** The first number of an instance's lock: 'Trib'. */
export const INSTANCE_LOCKS = 0x54726962
const BEAT_MS = 5_000
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1_000

export async function openInstance(url: string): Promise<Instance> {
  const number = 1 + Math.floor(Math.random() * 2_147_483_646)
  const owner = `pg-${number}`
  const listeners = new Set<(what: Word) => void>()
  const told = new Set<Word>()
  let session: Connection | null = null
  let busy = false

  const hear = (words: readonly Word[]): void => {
    for (const word of words) for (const listener of listeners) listener(word)
  }
  /** One statement at a time, and nothing at all while there is no session. */
  const ask = async (sql: string, params: readonly string[]): Promise<void> => {
    const asked = session
    if (asked === null || busy) return
    busy = true
    await asked.all(sql, params).catch(() => asked.destroy())
    busy = false
    if (told.size > 0) void speak()
  }
  const speak = async (): Promise<void> => {
    if (busy || session === null) return
    const words = [...told].join(',')
    told.clear()
    // Not in the transaction it is about: NOTIFY makes the commits of its transactions stand in one line.
    await ask(`SELECT pg_notify('tributary', $1)`, [`${owner}:${words}`])
  }
  const line = keepSession(url, owner, number, {
    payload: (payload) => {
      const [from = '', words = ''] = payload.split(':')
      if (from !== owner) hear(WORDS.filter((word) => words.split(',').includes(word)))
    },
    session: (next, again) => {
      session = next
      if (next !== null && again) hear(WORDS)
      if (next !== null && told.size > 0) void speak()
    },
  })
  // A server that went away without a goodbye is noticed by its silence.
  const beat = setInterval(() => void ask('SELECT 1', []), BEAT_MS).unref()
  await line.opened
  return {
    owner,
    get held() {
      return session !== null
    },
    tell(what) {
      told.add(what)
      void speak()
    },
    onWord: (listener) => void listeners.add(listener),
    async close() {
      clearInterval(beat)
      await line.close()
    },
  }
}

interface Heard {
  readonly payload: (payload: string) => void
  /** A session with its lock, or null when it broke. `again`: not for the first time. */
  readonly session: (session: Connection | null, again: boolean) => void
}

/** Keeps one session with the instance's lock open, with a growing pause between its attempts. */
function keepSession(url: string, owner: string, number: number, heard: Heard) {
  let closed = false
  let current: Connection | null = null
  let retry: NodeJS.Timeout | null = null

  const open = async (again: boolean): Promise<void> => {
    const next = await connect({ url, readOnly: false, name: owner })
    next.onNotification(heard.payload)
    try {
      await next.command('LISTEN tributary')
      const [row] = await next.all('SELECT pg_try_advisory_lock($1::int, $2::int)', [INSTANCE_LOCKS, number])
      // Our own session of before may hold it until the server notices its end.
      if (row?.[0] !== 't') throw new Error('the number of this instance is still locked')
    } catch (error) {
      next.destroy()
      throw error
    }
    if (closed) return next.close()
    current = next
    heard.session(next, again)
    next.onEnd(() => {
      current = null
      heard.session(null, true)
      reopen(FIRST_RETRY_MS)
    })
  }
  const reopen = (wait: number): void => {
    if (closed) return
    const ms = wait * (0.75 + Math.random() / 2)
    retry = setTimeout(() => void open(true).catch(() => reopen(Math.min(wait * 2, LAST_RETRY_MS))), ms)
  }
  return {
    opened: open(false),
    async close() {
      closed = true
      if (retry !== null) clearTimeout(retry)
      current?.onEnd(() => undefined)
      await current?.close()
    },
  }
}
