import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { EVENT_NAMES, type EventName } from '../domain/event.ts'
import type { Integration } from '../domain/project.ts'
import { ENVIRONMENTS, type Environment } from '../domain/purchase.ts'
import { SAMPLE_APP_USER_ID } from '../domain/sample-event.ts'
import { absent } from './api-shapes.ts'
import type { HubDoors } from './doors.ts'
import { sendProblem } from './problem.ts'

/** Shapes of what is tried: credentials and made-up events. */

export const CheckSchema = z.object({
  results: z
    .array(
      z.object({
        environment: z.enum(ENVIRONMENTS),
        ok: z.boolean().nullable().describe('null: it could not be found out.'),
        message: z.string(),
        suggestion: z.record(z.string(), z.string()).nullable().describe('Settings that would make it work.'),
      }),
    )
    .describe('One for each environment that the settings give somewhere to send to.'),
})

export const TestWish = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  event: z.enum(EVENT_NAMES),
  app_user_id: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(`Whose it is; ${SAMPLE_APP_USER_ID} where it is left out.`),
})

export const TestEventSchema = z.object({
  ok: z.boolean().nullable().describe('null: the answer does not tell; see message.'),
  message: z.string(),
  request: z
    .object({ method: z.string(), url: z.string(), body: z.string() })
    .describe('As it was sent, secrets masked.'),
  response: z.object({ status: z.int(), body: z.string() }).nullable(),
})

export async function tryEvent(
  reply: unknown,
  doors: Pick<HubDoors, 'connectors'>,
  integration: Integration,
  wish: { readonly environment: Environment; readonly event: EventName; readonly appUserId: string | undefined },
): Promise<FastifyReply> {
  const sender = reply as FastifyReply
  const { environment, event, appUserId = SAMPLE_APP_USER_ID } = wish
  const sent = await doors.connectors.sendTestEvent(integration, { environment, event, appUserId })
  if (sent === null) return absent(reply, 'destination')
  if (sent.kind === 'refused') {
    const errors = [{ at: sent.at, message: sent.reason }]
    return sendProblem(sender, 400, `Nothing was sent. ${sent.reason}`, { errors })
  }
  const { ok, message, request, response } = sent
  return sender.send({ ok, message, request, response })
}
