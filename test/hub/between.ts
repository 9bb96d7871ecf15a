import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterwards } from './harness.ts'

/** What becomes of one request on its way: null lets it through. */
export type Turn =
  | null
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The answer is on its way when the line breaks. */
  | 'cut'
  | { readonly delayMs: number }

export interface Between {
  readonly url: string
  /** Paths asked for, in order. */
  readonly asked: string[]
  /** Decides about each request by its path; kept until it is set again. */
  rule: (path: string) => Turn | Promise<Turn>
}

/** A server between the hub and a stand-in, so that a test can strike some of its calls and not the others. */
export async function standBetween(target: string): Promise<Between> {
  const asked: string[] = []
  const between: Omit<Between, 'url'> = { asked, rule: () => null }
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const path = incoming.url ?? '/'
    asked.push(path)
    const turn = await between.rule(path)
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    if (turn !== null && turn !== 'cut' && 'status' in turn) {
      outgoing.writeHead(turn.status, turn.headers ?? {}).end(turn.body ?? '')
      return
    }
    const { authorization = '', 'content-type': type = '' } = incoming.headers
    const answer = await fetch(`${target}${path}`, {
      method: incoming.method ?? 'GET',
      headers: { authorization, ...(type === '' ? {} : { 'content-type': type }) },
      ...(chunks.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(chunks)) }),
    })
    const body = Buffer.from(await answer.arrayBuffer())
    if (turn === 'cut') {
      outgoing.writeHead(answer.status, { 'content-length': String(body.length + 1) })
      outgoing.write(body.subarray(0, Math.floor(body.length / 2)))
      incoming.socket.destroy()
      return
    }
    if (turn !== null && 'delayMs' in turn) await pause(turn.delayMs)
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body)
  }
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return Object.assign(between, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}
