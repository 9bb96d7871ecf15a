import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * The cheapest client that still checks every answer: whole requests made beforehand, written to keep-alive sockets, one
 * in flight on each. It shares two cores with what it measures, so a library's 100 µs a request would count against both.
 */

export interface Fired {
  readonly statuses: Readonly<Record<number, number>>
  /** Answer times in milliseconds: from when it was due in an open loop, from when it was written in a closed one. */
  readonly latencies: Float64Array
}

/** One POST of JSON as the bytes on the wire. */
export function requestBytes(url: string, body: Buffer, more: Readonly<Record<string, string>>): Buffer {
  const { host, pathname } = new URL(url)
  const headers = { host, 'content-type': 'application/json', 'content-length': String(body.length), ...more }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}

/** Sends all, `connections` at a time. */
export async function fireClosed(url: string, requests: readonly Buffer[], connections: number): Promise<Fired> {
  const { statuses, latencies, answered } = tally(requests.length)
  let next = 0
  const lane = async (): Promise<void> => {
    const line = await openLine(url)
    while (next < requests.length) {
      const at = next
      next += 1
      const started = performance.now()
      answered(at, await line.ask(requests[at] as Buffer), performance.now() - started)
    }
    line.close()
  }
  await Promise.all(Array.from({ length: Math.min(connections, requests.length) }, lane))
  return { statuses, latencies }
}

/**
 * Sends `perSecond`, whatever the answers do: who is slow finds the next requests waiting, and their time counts from when
 * they were due.
 */
export async function fireOpen(
  url: string,
  requests: readonly Buffer[],
  perSecond: number,
  due: (at: number, epochMs: number) => void = () => {},
): Promise<Fired> {
  const { statuses, latencies, answered } = tally(requests.length)
  const idle: Line[] = await Promise.all(Array.from({ length: 16 }, () => openLine(url)))
  const pending: Promise<void>[] = []
  const send = async (at: number, dueAt: number): Promise<void> => {
    const line = idle.pop() ?? (await openLine(url))
    const status = await line.ask(requests[at] as Buffer)
    answered(at, status, performance.now() - dueAt)
    idle.push(line)
  }
  const started = performance.now()
  for (let at = 0; at < requests.length; ) {
    const now = performance.now()
    for (; at < requests.length; at += 1) {
      const dueAt = started + (at * 1000) / perSecond
      if (dueAt > now) break
      due(at, performance.timeOrigin + dueAt)
      pending.push(send(at, dueAt))
    }
    // The pace is the load: what falls due meanwhile is sent with the time at which it was due.
    await pause(1)
  }
  await Promise.all(pending)
  for (const line of idle) line.close()
  return { statuses, latencies }
}

function tally(count: number) {
  const statuses: Record<number, number> = {}
  const latencies = new Float64Array(count)
  const answered = (at: number, status: number, ms: number): void => {
    latencies[at] = ms
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return { statuses, latencies, answered }
}

interface Line {
  /** Writes one request; resolves with the status of its answer, 0 when the connection broke. */
  ask(request: Buffer): Promise<number>
  close(): void
}

function openLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(lineOf(socket))
    })
  })
}

function lineOf(socket: Socket): Line {
  let text = ''
  let waiting: ((status: number) => void) | null = null
  const settle = (status: number): void => {
    const resolve = waiting
    waiting = null
    resolve?.(status)
  }
  socket.on('error', () => settle(0))
  socket.on('close', () => settle(0))
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
    if (text.length < end + 4 + length) return
    const status = Number(text.slice(9, 12))
    text = ''
    settle(status)
  })
  return {
    ask: (request) =>
      new Promise((resolve) => {
        waiting = resolve
        if (socket.destroyed) settle(0)
        else socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}
