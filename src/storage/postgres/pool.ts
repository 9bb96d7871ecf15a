import { StorageUnavailable } from '../errors.ts'
import { type Connection, type ConnectOptions, connect } from './connection.ts'

/** A caller waits this long for a connection. */
const WAIT_MS = 3_000
/** Connections that nobody used for this long are closed. */
const IDLE_MS = 60_000

/** Connections that are lent, one borrower each. They are made when they are needed. */
export interface Pool {
  borrow(): Promise<Connection>
  /** `spent`: it must not be used again. */
  giveBack(connection: Connection, spent: boolean): void
  close(): Promise<void>
}

interface Waiting {
  readonly give: (connection: Connection) => void
  readonly refuse: (error: unknown) => void
}

export function openPool(options: ConnectOptions & { readonly size: number }): Pool {
  const idle: { readonly connection: Connection; readonly since: number }[] = []
  const waiting: Waiting[] = []
  let open = 0
  const sweep = setInterval(() => {
    const old = Date.now() - IDLE_MS
    while (idle[0] !== undefined && idle[0].since < old) {
      open -= 1
      void idle.shift()?.connection.close()
    }
  }, IDLE_MS / 4).unref()

  const make = async (): Promise<Connection> => {
    open += 1
    try {
      return await connect(options)
    } catch (error) {
      open -= 1
      throw error
    }
  }
  /** Somebody waits and a place has come free. */
  const makeForWaiting = (): void => {
    const next = waiting.shift()
    if (next === undefined) return
    make().then(next.give, (error: unknown) => {
      next.refuse(error)
      makeForWaiting()
    })
  }
  const borrow = async (): Promise<Connection> => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (!last.connection.broken) return last.connection
      open -= 1
    }
    if (open < options.size) return make()
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        give: (connection) => {
          clearTimeout(late)
          resolve(connection)
        },
        refuse: (error) => {
          clearTimeout(late)
          reject(error)
        },
      }
      const late = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(new StorageUnavailable('All connections to PostgreSQL are busy; it is tried again.', 2))
      }, WAIT_MS)
      waiting.push(entry)
    })
  }
  const giveBack = (connection: Connection, spent: boolean): void => {
    if (spent || connection.broken) {
      open -= 1
      connection.destroy()
      makeForWaiting()
      return
    }
    const next = waiting.shift()
    if (next === undefined) idle.push({ connection, since: Date.now() })
    else next.give(connection)
  }
  return {
    borrow,
    giveBack,
    async close() {
      clearInterval(sweep)
      await Promise.all(idle.splice(0).map(({ connection }) => connection.close()))
    },
  }
}
