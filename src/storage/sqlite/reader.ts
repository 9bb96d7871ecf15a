import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openForReading, storageFault } from './database.ts'
import { type FromThread, failureOf, type Reply, type ThreadStart, type ToThread, type Verbs } from './protocol.ts'
import { readVerbs } from './read/verbs.ts'

/** The reader thread: a connection that cannot write, for short reads one after the other. */
if (parentPort === null) throw new Error('reader.ts runs as a worker thread')
const port: MessagePort = parentPort
const { folder } = workerData as ThreadStart

const say = (message: FromThread): void => port.postMessage(message)

try {
  const db = openForReading(folder)
  const verbs: Verbs = readVerbs(db)
  port.on('message', (message: ToThread) => {
    if ('close' in message) {
      db.close()
      port.close()
      return
    }
    const replies = message.calls.map(([id, verb, , input]): Reply => {
      try {
        const read = verbs[verb]
        if (read === undefined) throw new Error(`there is no verb ${verb}`)
        return [id, null, read(input as never)]
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        return [id, failureOf(storageFault(error, folder) ?? error), null]
      }
    })
    say({ replies })
  })
  say({ ready: true })
} catch (error) {
  say({ refused: failureOf(error) })
  port.close()
}
