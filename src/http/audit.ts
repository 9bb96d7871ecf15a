import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { ActRow } from '../storage/members.ts'
import type { Page } from '../storage/reads.ts'
import type { Actor } from './access.ts'

/** One act for the audit log. It holds no secret and nothing of a customer but an app user id. */
export interface Act {
  readonly projectId: string
  readonly actor: Actor
  /** A verb for people: `pause`, `update`, `create`, `grant`, `retry`. */
  readonly act: string
  /** What was acted on: `integration`, `app`, `project`, `secret key`, `member`, `customer`, `delivery`, `notification`. */
  readonly kind: string
  readonly id: string
  /** What is otherwise now; secrets masked. */
  readonly changes: readonly { readonly path: string; readonly from: string | null; readonly to: string | null }[]
}

export interface AuditDoor {
  record(act: Act): Promise<void>
  /** Newest first, behind `before`. */
  list(query: {
    readonly projectId: string
    readonly before: string | null
    readonly limit: number
  }): Promise<Page<ActRow>>
}

type Acting = Pick<FastifyRequest, 'log' | 'access' | 'id'>

/** Who did what: a line in the log, and a row of the audit log. Called once the act has happened. */
export async function recordAct(
  request: Acting,
  doors: { readonly audit: Pick<AuditDoor, 'record'> },
  done: Pick<Act, 'act' | 'kind' | 'id'> & { readonly changes?: Act['changes'] },
): Promise<void> {
  const { access } = request
  // Ids of customers are not for the log.
  const on = done.kind === 'customer' ? 'a customer' : done.id
  request.log.info(
    { act: done.act, on, project: access?.projectId, by: access?.actor.name, request_id: request.id },
    'An act through the API',
  )
  if (access === null) return
  await writeAct(request.log, doors, { projectId: access.projectId, actor: access.actor, changes: [], ...done })
}

/**
 * The act has happened: whoever asked for it must not hear that it failed, and would do it again. A row that cannot be
 * written is a line of the log at the level of errors, which holds what the row would have held but for a customer's id.
 */
export async function writeAct(
  log: FastifyBaseLogger,
  doors: { readonly audit: Pick<AuditDoor, 'record'> },
  act: Act,
): Promise<void> {
  try {
    await doors.audit.record(act)
  } catch (error) {
    const { projectId: project, actor, kind, id, changes } = act
    const on = kind === 'customer' ? 'a customer' : id
    const shown = kind === 'customer' ? [] : changes
    log.error(
      { err: error, act: act.act, kind, on, project, by: actor.name, changes: shown },
      'An act happened and could not be written to the audit log; this line is all there is of it',
    )
  }
}
