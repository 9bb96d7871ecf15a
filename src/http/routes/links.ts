import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import { type Api, answers } from '../api-shapes.ts'
import { writeAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { type ProblemBody, sendProblem } from '../problem.ts'
import { RoleSchema, SessionSchema } from '../session-json.ts'
import { busyAnswer, EMAIL, type Gatekeeper, NAME, NEW_PASSWORD, tooManyTries } from './session.ts'

const TOKEN = z.string().regex(/^[\w-]{20,200}$/, 'is no token of a link; open the whole link')
const NOT_BY_THIS = 'is not set by this link; sign in without one and change it under Settings → Account'
const GONE = 'This link was used, has expired, or was replaced by a newer one; ask for a new one.'

const LinkSchema = z.object({
  kind: z.enum(['setup', 'invitation', 'sign_in']),
  email: z.string().nullable(),
  project: z.object({ id: z.string(), name: z.string() }).nullable(),
  role: RoleSchema.nullable(),
  has_account: z.boolean().describe('The address has an account: `password` is then the one that it has.'),
  may_set_password: z
    .boolean()
    .describe(
      'A sign-in that the operator made: `password` becomes that of the account, the one before is not asked for.',
    ),
  needs_project: z.boolean().describe('The hub has no project yet: a set-up makes the first.'),
  expires_at: z.iso.datetime(),
})

const UseSchema = z.strictObject({
  token: TOKEN,
  email: EMAIL.optional(),
  name: NAME.optional(),
  password: z.string().max(2000).optional(),
  project: z
    .strictObject({
      id: z
        .string()
        .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'is no id; take lower-case letters, digits, - and _, at most 63 of them'),
      name: NAME,
    })
    .optional(),
})

/** Links are addresses of the dashboard with the token behind `#`, which browsers send nowhere. */
export function linkRoutes(api: Api, doors: HubDoors, keeper: Gatekeeper): void {
  api.route({
    method: 'POST',
    url: '/links/look',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'What a one-time link is for',
      body: z.strictObject({ token: TOKEN }),
      response: answers(LinkSchema),
    },
    handler: async (request, reply) => {
      const link = await doors.members.look(request.body.token)
      const settings = doors.settings.current()
      const project = link?.projectId == null ? null : (settings.project(link.projectId) ?? null)
      if (link === null || (link.kind === 'invitation' && project === null)) return sendProblem(reply, 404, GONE)
      return reply.send({
        kind: link.kind,
        email: link.email,
        project: project === null ? null : { id: project.id, name: project.name },
        role: link.role,
        has_account: link.hasAccount,
        may_set_password: link.maySetPassword,
        needs_project: link.kind === 'setup' && settings.projects.length === 0,
        expires_at: isoOf(link.expiresAt),
      })
    },
  })

  comeInRoute(api, doors, keeper)
}

function comeInRoute(api: Api, doors: HubDoors, keeper: Gatekeeper): void {
  api.route({
    method: 'POST',
    url: '/links/use',
    config: { policy: 'open' },
    schema: {
      tags: ['session'],
      summary: 'Come in by a one-time link, which is then used up',
      description:
        'A set-up needs email, name, password and, while the hub has no project, project. An invitation needs name and password, or the password alone of the account that the address has. A sign-in needs the token alone; where the link says so it takes a new password, with which all other sessions of the account end. Sets the session cookie.',
      body: UseSchema,
      response: answers(SessionSchema),
    },
    handler: async (request, reply) => {
      if (!keeper.mayTry(request, reply)) return reply
      const { token, ...given } = request.body
      const link = await doors.members.look(token)
      if (link === null) return sendProblem(reply, 404, GONE)
      const needsProject = link.kind === 'setup' && doors.settings.current().projects.length === 0
      const errors = missing(given, link, needsProject)
      if (errors.length > 0) {
        const [first] = errors
        return sendProblem(reply, 400, `Something is missing (${first?.at}): ${first?.message}.`, { errors })
      }
      try {
        if (needsProject && given.project !== undefined) {
          // A conflict is somebody who opened the same link at the same moment: one of the two comes in.
          const made = await doors.settings.changes.createProject(given.project)
          if (made.kind === 'faults') {
            const faults = made.faults.map(({ at, message }) => ({
              at: at === '' ? 'project' : `project.${at}`,
              message,
            }))
            return sendProblem(reply, 400, `The project was refused: ${faults[0]?.message ?? 'see errors'}.`, {
              errors: faults,
            })
          }
        }
        const { email = '', name = '', password = '' } = given
        const outcome = await doors.members.use(token, { email, name, password })
        switch (outcome.kind) {
          case 'gone':
            return sendProblem(reply, 404, GONE)
          case 'throttled':
            return tooManyTries(reply, outcome.waitMs)
          case 'refused':
            return wrong(reply, 'password', 'is not the one of the account that has this address')
          case 'email_taken':
            return wrong(reply, 'email', 'has an account already; sign in with it')
          case 'in':
        }
        await told(outcome, link.kind === 'sign_in' && given.password !== undefined, doors, request.log)
        return reply.send(keeper.welcome(request, reply, outcome))
      } catch (error) {
        return busyAnswer(error, reply)
      }
    },
  })
}

type Errors = NonNullable<ProblemBody['errors']>

function missing(
  given: Omit<z.infer<typeof UseSchema>, 'token'>,
  link: { readonly kind: string; readonly hasAccount: boolean; readonly maySetPassword: boolean },
  needsProject: boolean,
): Errors {
  if (link.kind === 'sign_in') {
    if (given.password === undefined) return []
    return link.maySetPassword ? refusedPassword(given.password) : [{ at: 'password', message: NOT_BY_THIS }]
  }
  const errors: Errors = []
  if (link.kind === 'setup' && given.email === undefined) errors.push({ at: 'email', message: 'enter your address' })
  if (!link.hasAccount && given.name === undefined) errors.push({ at: 'name', message: 'enter your name' })
  if (given.password === undefined) errors.push({ at: 'password', message: 'enter a password' })
  else if (!link.hasAccount) errors.push(...refusedPassword(given.password))
  if (needsProject && given.project === undefined)
    errors.push({ at: 'project', message: 'name the first project, with an id and a name' })
  return errors
}

function refusedPassword(password: string): Errors {
  const refused = NEW_PASSWORD.safeParse(password)
  return refused.success ? [] : [{ at: 'password', message: refused.error.issues[0]?.message ?? 'is refused' }]
}

function wrong(reply: unknown, at: string, message: string) {
  return sendProblem(reply as never, 400, `What was entered (${at}) ${message}.`, { errors: [{ at, message }] })
}

/** A line in the log, and a row in the audit log of the project that somebody joined. */
async function told(
  {
    who,
    link,
  }: {
    readonly who: { readonly account: { readonly id: string; readonly email: string } }
    readonly link: {
      readonly kind: string
      readonly projectId: string
      readonly role: string | null
      readonly createdBy: string
    }
  },
  passwordSet: boolean,
  doors: HubDoors,
  log: FastifyBaseLogger,
): Promise<void> {
  const { id, email } = who.account
  const act = `used a link (${link.kind})${passwordSet ? ' and set a password' : ''}`
  log.info({ act, by: email, invited_by: link.createdBy }, 'Signed in by a link')
  if (link.kind === 'invitation') {
    await writeAct(log, doors, {
      projectId: link.projectId,
      actor: { kind: 'member', id, name: email },
      act: 'join',
      kind: 'member',
      id: email,
      changes: [{ path: 'role', from: null, to: link.role }],
    })
  }
}
