import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { StorageUnavailable } from '../errors.ts'
import { type Call, errorOf, type FromThread, type ThreadStart, type ToThread, type Verbs } from './protocol.ts'

/** A storage thread as the main thread sees it. `weight`: about how many rows the call writes. */
export interface Thread<V extends Verbs> {
  call<N extends keyof V & string>(
    verb: N,
    input: Parameters<V[N]>[0],
    weight?: number,
    hand?: ArrayBuffer,
  ): Promise<ReturnType<V[N]>>
  /** Finishes what was asked and ends the thread; later calls are refused. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/**
 * In a clone every thread strips types by Node.js's own WebAssembly, and V8 kills the process now and then when one thread
 * replaces its call wrappers by optimised ones while another registers some (https://github.com/nodejs/node/issues/64500;
 * 3 of 5 runs of the conformance suite). Wrappers that are never optimised are never replaced. The package carries
 * compiled JavaScript and has no WebAssembly.
 */
if (import.meta.url.endsWith('.ts')) setFlagsFromString('--wasm-wrapper-tiering-budget=2000000000')

/** Starts a thread and waits until it is ready; rejects with the one sentence of why it cannot be. */
export async function startThread<V extends Verbs>(file: URL, start: ThreadStart): Promise<Thread<V>> {
  const worker = new Worker(file, { workerData: start, name: 'storage' })
  const waiting = new Map<number, Waiting>()
  let gone: string | null = null
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      gone ??= 'The storage is closed.'
      for (const { reject } of waiting.values()) reject(new StorageUnavailable(gone, 30))
      waiting.clear()
      resolve()
    })
  })
  worker.on('error', (error: unknown) => {
    gone = `A storage thread ended (${String(error)}): restart Tributary; nothing that was confirmed is lost.`
  })
  await ready(worker, exited, () => gone)
  worker.on('message', (message: FromThread) => {
    if (!('replies' in message)) return
    for (const [id, failure, value] of message.replies) {
      const call = waiting.get(id)
      waiting.delete(id)
      if (failure === null) call?.resolve(value as never)
      else call?.reject(errorOf(failure))
    }
  })
  const send = batched((calls, hand) => worker.postMessage({ calls } satisfies ToThread, hand))
  let last = 0
  return {
    call: (verb, input, weight = 1, hand = undefined) =>
      new Promise((resolve, reject) => {
        if (gone !== null) return reject(new StorageUnavailable(gone, 30))
        last += 1
        waiting.set(last, { resolve, reject })
        send([last, verb, weight, input], hand)
      }),
    async close() {
      gone ??= 'The storage is closed.'
      send.flush()
      worker.postMessage({ close: true } satisfies ToThread)
      await exited
    },
  }
}

async function ready(worker: Worker, exited: Promise<void>, why: () => string | null): Promise<void> {
  const first = await Promise.race([
    new Promise<FromThread>((resolve) => worker.once('message', resolve)),
    exited.then((): FromThread | null => null),
  ])
  if (first !== null && 'ready' in first) return
  await exited
  if (first !== null && 'refused' in first) throw errorOf(first.refused)
  throw new StorageUnavailable(why() ?? 'A storage thread ended before it began.', 30)
}

/**
 * One message for all calls of one turn of the event loop: what many sockets asked for crosses together, and a single
 * call waits for nothing but the end of the turn.
 */
function batched(post: (calls: readonly Call[], hand: readonly ArrayBuffer[]) => void) {
  let calls: Call[] = []
  let buffers: ArrayBuffer[] = []
  const flush = (): void => {
    if (calls.length === 0) return
    const [out, hand] = [calls, buffers]
    calls = []
    buffers = []
    post(out, hand)
  }
  const send = (call: Call, hand: ArrayBuffer | undefined): void => {
    if (calls.length === 0) setImmediate(flush)
    calls.push(call)
    if (hand !== undefined) buffers.push(hand)
  }
  send.flush = flush
  return send
}
