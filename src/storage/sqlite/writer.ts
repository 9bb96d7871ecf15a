import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openForWriting } from './database.ts'
import { lockFolder, prepareFolder } from './lock.ts'
import { type Call, type FromThread, failureOf, type Reply, type ThreadStart, type ToThread } from './protocol.ts'
import { checkpoints } from './write/checkpoint.ts'
import { writeFigures } from './write/figures.ts'
import { groupedCommits, nextGroup } from './write/group.ts'
import { openMemory } from './write/memory.ts'
import { writeVerbs } from './write/verbs.ts'

/** The writer thread: the only one that changes the database, and the holder of the folder's lock. */
if (parentPort === null) throw new Error('writer.ts runs as a worker thread')
const port: MessagePort = parentPort
const { folder, maxPages } = workerData as ThreadStart

const say = (message: FromThread, hand: readonly ArrayBuffer[] = []): void => port.postMessage(message, hand)

/** The buffers in the replies are handed over, not copied. */
function buffersOf(replies: readonly Reply[]): readonly ArrayBuffer[] {
  return replies.flatMap(([, , value]) =>
    typeof value === 'object' && value !== null && 'bodies' in value && value.bodies instanceof ArrayBuffer
      ? [value.bodies]
      : [],
  )
}

function start() {
  prepareFolder(folder)
  const lock = lockFolder(folder)
  try {
    const db = openForWriting(folder, maxPages)
    const memory = openMemory(db)
    const run = groupedCommits(db, folder, memory, { verbs: writeVerbs(db, memory), finish: writeFigures(db, memory) })
    return { db, lock, run, checkpoint: checkpoints(db, folder) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function serve({ db, lock, run, checkpoint }: ReturnType<typeof start>): void {
  const line: Call[] = []
  let closing = false
  const take = (message: ToThread): void => {
    if ('close' in message) closing = true
    else line.push(...message.calls)
  }
  /** What arrived while the last commit ran. */
  const takeWaiting = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      take(next.message as ToThread)
    }
  }
  const close = (): void => {
    checkpoint.close()
    db.close()
    lock.release()
    port.close()
  }
  port.on('message', (message: ToThread) => {
    take(message)
    for (takeWaiting(); line.length > 0; takeWaiting()) {
      const group = nextGroup(line)
      const replies = run(group)
      say({ replies }, buffersOf(replies))
      checkpoint.wrote(group.reduce((rows, call) => rows + call[2], 0))
    }
    if (closing) close()
  })
}

try {
  serve(start())
  say({ ready: true })
} catch (error) {
  say({ refused: failureOf(error) })
  port.close()
}
