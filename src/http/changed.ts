import type { FastifyReply } from 'fastify'
import type { Changed } from '../settings/change.ts'
import { absent, conflict } from './api-shapes.ts'
import { sendProblem } from './problem.ts'

/** What a change of settings that was not made answers: 400 with the fields, 409 with the sentence, 404. */
export function sendUnchanged(
  reply: unknown,
  unchanged: Exclude<Changed, { kind: 'changed' }>,
  what: string,
): FastifyReply {
  switch (unchanged.kind) {
    case 'absent':
      return absent(reply, what)
    case 'conflict':
      return conflict(reply, unchanged.reason)
    case 'faults': {
      const [first] = unchanged.faults
      const place = first === undefined || first.at === '' ? '' : `${first.at}: `
      const said = first === undefined ? 'see errors' : `${place}${first.message}`.replace(/[.]$/, '')
      return sendProblem(reply as FastifyReply, 400, `Nothing was changed: ${said}.`, {
        errors: unchanged.faults.map(({ at, message }) => ({ at, message })),
      })
    }
  }
}
