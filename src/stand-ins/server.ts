import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** One request as a stand-in sees it. Header names are lower case. */
export interface StandInRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface StandInReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  /** Waits this long before answering (milliseconds). */
  readonly delayMs?: number
}

/** What goes wrong with one request; the next request takes the next fault of the script. */
export type Fault =
  /** An answer in place of the service's own; nothing is recorded in the ledger. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** The connection is cut before the service looked at the request: nothing is recorded. */
  | { readonly kind: 'cut_before' }
  /** The service takes the request, records it, and the connection is cut before the answer. */
  | { readonly kind: 'cut_after' }
  /** Taken and recorded, then answered only after this long. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Taken and recorded, but the answer's body is this text. */
  | { readonly kind: 'body'; readonly body: string }
  /** No fault: lets a script say "the third one fails". */
  | { readonly kind: 'none' }

export interface StandIn {
  readonly url: string
  readonly port: number
  /** Appends faults; each request takes one from the front. */
  script(faults: readonly Fault[]): void
  /** Every request takes this fault until it is cleared with null. */
  always(fault: Fault | null): void
  /** Requests that arrived, faulty ones included. */
  readonly requests: number
  /** Requests being handled now, and the most there ever were at once. */
  readonly inFlight: number
  readonly mostInFlight: number
  close(): Promise<void>
}

interface StandInOptions {
  readonly port?: number
  /** Answers every request after this long (milliseconds). */
  readonly latencyMs?: number
  readonly handle: (request: StandInRequest) => StandInReply | Promise<StandInReply>
}

/**
 * An HTTP server on loopback that plays a remote service, with scripted faults: the frame of every stand-in.
 * Paths that begin with `/_` (`/_ledger`, `/_faults`) are the stand-in's own: neither counted nor struck by faults.
 * `handle` gets the whole body; what it throws is a bug of the stand-in and is answered 599.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const queue: Fault[] = []
  let standing: Fault | null = null
  const traffic = { requests: 0, inFlight: 0, mostInFlight: 0 }

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    // A stand-in's own pages: not the service's traffic, and the way to end a standing fault from outside.
    if (incoming.url?.startsWith('/_') === true) return answer(incoming, outgoing, { kind: 'none' }, 0, options.handle)
    traffic.requests += 1
    traffic.inFlight += 1
    traffic.mostInFlight = Math.max(traffic.mostInFlight, traffic.inFlight)
    const fault = queue.shift() ?? standing ?? { kind: 'none' }
    await answer(incoming, outgoing, fault, options.latencyMs ?? 0, options.handle)
    traffic.inFlight -= 1
  }

  const { port, close } = await listen(options.port ?? 0, serve)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    script: (faults) => void queue.push(...faults),
    always: (fault) => {
      standing = fault
    },
    get requests() {
      return traffic.requests
    },
    get inFlight() {
      return traffic.inFlight
    },
    get mostInFlight() {
      return traffic.mostInFlight
    },
    close,
  }
}

type Serve = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

async function listen(wanted: number, serve: Serve): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((incoming, outgoing) => void serve(incoming, outgoing))
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(wanted, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Answers one request as its fault has it. Never rejects. */
async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault,
  latencyMs: number,
  handle: StandInOptions['handle'],
): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    if (fault.kind === 'cut_before') {
      incoming.socket.destroy()
      return
    }
    if (fault.kind === 'answer') {
      outgoing.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '')
      return
    }
    const reply = await handle(requestOf(incoming, Buffer.concat(chunks)))
    if (fault.kind === 'cut_after') {
      incoming.socket.destroy()
      return
    }
    const wait = (fault.kind === 'delay' ? fault.delayMs : 0) + (reply.delayMs ?? 0) + latencyMs
    if (wait > 0) await pause(wait)
    outgoing
      .writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      .end(fault.kind === 'body' ? fault.body : reply.body)
  } catch (error) {
    if (!outgoing.headersSent && !outgoing.destroyed) outgoing.writeHead(599).end(String(error))
  }
}

function requestOf(incoming: IncomingMessage, body: Buffer): StandInRequest {
  const url = new URL(incoming.url ?? '/', 'http://stand-in')
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
  }
}
