import type { ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { permissionsOf } from '../../members/roles.ts'
import { roleIn } from '../../members/session.ts'
import { type Access, accessOf } from '../access.ts'
import { type Api, ProjectParams } from '../api-shapes.ts'
import type { HubDoors } from '../doors.ts'
import { toApiEvent } from '../event-json.ts'
import { securityHeaders } from '../hardening.ts'
import type { LiveMessage } from '../live.ts'
import { MASKED, saysNothing, seesPersonal } from '../personal.ts'
import { sendProblem } from '../problem.ts'

export interface StreamOptions {
  readonly https: boolean
  /** Ends open streams when the server closes. */
  readonly closing: AbortSignal
  readonly heartbeatMs?: number
}

const HEARTBEAT_MS = 15_000
/** What may lie unread for one reader: some hundred events. Past it the reader is cut; it comes back by itself. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** Per process and project: browsers hold one each. */
const MAX_STREAMS = 100

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function streamRoute(api: Api, doors: HubDoors, options: StreamOptions): void {
  const open = new Map<string, number>()
  api.route({
    method: 'GET',
    url: '/projects/:project/stream',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['events'],
      summary: 'New events and delivery outcomes as they come',
      description:
        'text/event-stream: `event` carries an Event, `delivery` {id, event_id, integration_id, environment, status, reason, attempts}. What passes while nobody is connected is read by /events?after=.',
      params: ProjectParams,
    },
    handler: (request, reply) => {
      const { projectId } = accessOf(request)
      const count = open.get(projectId) ?? 0
      if (count >= MAX_STREAMS) {
        void reply.header('retry-after', '30')
        return sendProblem(
          reply as never,
          503,
          `${MAX_STREAMS} streams of this project are open; close one, or read /events?after=.`,
        )
      }
      open.set(projectId, count + 1)
      reply.hijack()
      follow(reply.raw, request, doors, options, () => open.set(projectId, (open.get(projectId) ?? 1) - 1))
      return reply
    },
  })
}

function follow(
  raw: ServerResponse,
  request: Pick<FastifyRequest, 'id' | 'access' | 'log' | 'headers'>,
  doors: HubDoors,
  options: StreamOptions,
  ended: () => void,
): void {
  const projectId = request.access?.projectId ?? ''
  const personal = request.access !== null && seesPersonal(request.access)
  const write = (text: string): void => {
    if (raw.destroyed || raw.writableEnded) return
    raw.write(text)
    if (raw.writableLength <= MAX_UNREAD_BYTES) return
    request.log.warn(
      { project: projectId, request_id: request.id },
      'A reader of the live stream was too slow and was cut',
    )
    raw.destroy()
  }
  const unsubscribe = doors.live.subscribe(projectId, (message) => write(textOf(message, personal)))
  const heartbeat = setInterval(() => {
    stillLetIn(request.access, doors).then(
      (letIn) => (letIn ? write(': still here\n\n') : raw.end()),
      // Storage is away: the next heartbeat asks again.
      () => write(': still here\n\n'),
    )
  }, options.heartbeatMs ?? HEARTBEAT_MS)
  const end = (): void => void raw.end()
  options.closing.addEventListener('abort', end, { once: true })
  raw.once('close', () => {
    clearInterval(heartbeat)
    unsubscribe()
    options.closing.removeEventListener('abort', end)
    ended()
  })
  raw.on('error', () => raw.destroy())
  raw.writeHead(200, {
    ...securityHeaders(options.https),
    'x-request-id': request.id,
    'content-type': 'text/event-stream; charset=utf-8',
    // Proxies that gather answers would hold a stream back.
    'x-accel-buffering': 'no',
  })
  write('retry: 3000\n\n')
}

/** A stream outlives the request that was let in: a revoked key or a session that is over ends it at the next heartbeat. */
async function stillLetIn(access: Access | null, doors: Pick<HubDoors, 'settings' | 'members'>): Promise<boolean> {
  if (access === null) return false
  const { kind, hash } = access.credential
  if (kind === 'key') return doors.settings.current().keyByHash(hash)?.projectId === access.projectId
  const who = await doors.members.goesOn(hash)
  const role = who === null ? null : roleIn(who, access.projectId)
  return role !== null && permissionsOf(role).includes('read')
}

/** One text of a message for all readers who may see the same of it. */
const texts = { personal: new WeakMap<LiveMessage, string>(), masked: new WeakMap<LiveMessage, string>() }

function textOf(message: LiveMessage, personal: boolean): string {
  const known = texts[personal ? 'personal' : 'masked']
  const present = known.get(message)
  if (present !== undefined) return present
  const text = `event: ${message.kind}\ndata: ${JSON.stringify(dataOf(message, personal))}\n\n`
  known.set(message, text)
  return text
}

function dataOf(message: LiveMessage, personal: boolean): unknown {
  switch (message.kind) {
    case 'event':
      return toApiEvent(message.event, personal)
    case 'delivery': {
      const { delivery } = message
      return {
        id: delivery.id,
        event_id: delivery.eventId,
        integration_id: delivery.integrationId,
        environment: delivery.environment,
        status: delivery.status,
        // The page that shows it asks for the delivery, whose sentences quote nobody.
        reason: personal || saysNothing(delivery.reason) ? delivery.reason : MASKED,
        attempts: delivery.attempts,
      }
    }
  }
}
