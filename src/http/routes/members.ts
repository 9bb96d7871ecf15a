import { z } from 'zod'
import { LAST_OWNER, type Member, refuseChange } from '../../members/membership.ts'
import type { Role } from '../../members/roles.ts'
import { roleIn, roleOf } from '../../members/session.ts'
import type { OneTimeLinkRow } from '../../storage/members.ts'
import { accessOf, personOf } from '../access.ts'
import { type Api, absent, answers, conflict, ItemParams, ProjectParams, pageOf } from '../api-shapes.ts'
import { recordAct } from '../audit.ts'
import type { HubDoors } from '../doors.ts'
import { isoOf } from '../json-text.ts'
import { sendProblem } from '../problem.ts'
import { RoleSchema } from '../session-json.ts'
import { EMAIL } from './session.ts'

const MemberSchema = z
  .object({
    account_id: z.string(),
    email: z.string(),
    name: z.string(),
    role: RoleSchema,
    hub_owner: z.boolean().describe('Owner of every project, whom nobody removes here.'),
    added_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Member' })

const InvitationSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    role: RoleSchema,
    created_at: z.iso.datetime(),
    created_by: z.string(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' })

export function memberRoutes(api: Api, doors: HubDoors, hub: { readonly baseUrl: string }): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/members',
    config: { policy: 'project', may: 'read' },
    schema: {
      tags: ['members'],
      summary: 'Members of the project and their roles',
      params: ProjectParams,
      response: answers(pageOf(MemberSchema)),
    },
    handler: async (request, reply) => {
      const members = await doors.members.members(accessOf(request).projectId)
      return reply.send({ items: members.map(toApiMember), next: null })
    },
  })

  api.route({
    method: 'PATCH',
    url: '/projects/:project/members/:id',
    config: { policy: 'project', may: 'members' },
    schema: {
      tags: ['members'],
      summary: 'Give a member another role',
      params: ItemParams,
      body: z.strictObject({ role: RoleSchema }),
      response: answers(MemberSchema),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { role } = request.body
      const member = await memberOf(doors, projectId, request.params.id)
      if (member === null) return absent(reply, 'member')
      const refusal = refuseChange(roleOfAsker(request, projectId), member, role)
      if (refusal !== null) return conflict(reply, refusal)
      const outcome = await doors.members.changeMember(projectId, member.accountId, role)
      if (outcome === 'absent') return absent(reply, 'member')
      if (outcome === 'last_owner') return conflict(reply, LAST_OWNER)
      const changes = [{ path: 'role', from: member.role, to: role }]
      await recordAct(request, doors, { act: 'update', kind: 'member', id: member.email, changes })
      return reply.send(toApiMember({ ...member, role }))
    },
  })

  api.route({
    method: 'DELETE',
    url: '/projects/:project/members/:id',
    config: { policy: 'project', may: 'members' },
    schema: {
      tags: ['members'],
      summary: 'Remove a member from the project; the account stays',
      params: ItemParams,
      response: answers(z.object({ removed: z.literal(true) })),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const member = await memberOf(doors, projectId, request.params.id)
      if (member === null) return absent(reply, 'member')
      const refusal = refuseChange(roleOfAsker(request, projectId), member, null)
      if (refusal !== null) return conflict(reply, refusal)
      const outcome = await doors.members.changeMember(projectId, member.accountId, null)
      if (outcome === 'absent') return absent(reply, 'member')
      if (outcome === 'last_owner') return conflict(reply, LAST_OWNER)
      const changes = [{ path: 'role', from: member.role, to: null }]
      await recordAct(request, doors, { act: 'remove', kind: 'member', id: member.email, changes })
      return reply.send({ removed: true })
    },
  })

  invitationRoutes(api, doors, hub)
}

function invitationRoutes(api: Api, doors: HubDoors, hub: { readonly baseUrl: string }): void {
  api.route({
    method: 'GET',
    url: '/projects/:project/invitations',
    config: { policy: 'project', may: 'members' },
    schema: {
      tags: ['members'],
      summary: 'Invitations that wait',
      params: ProjectParams,
      response: answers(pageOf(InvitationSchema)),
    },
    handler: async (request, reply) => {
      const rows = await doors.members.invitations(accessOf(request).projectId)
      return reply.send({ items: rows.map(toApiInvitation), next: null })
    },
  })

  api.route({
    method: 'POST',
    url: '/projects/:project/invitations',
    config: { policy: 'project', may: 'members' },
    schema: {
      tags: ['members'],
      summary: 'Invite somebody by a one-time link, which is shown once',
      description:
        'An earlier invitation of the same address ends. The hub sends no mail: hand the link over yourself.',
      params: ProjectParams,
      body: z.strictObject({ email: EMAIL, role: RoleSchema }),
      response: answers(InvitationSchema.extend({ link: z.string() })),
    },
    handler: async (request, reply) => {
      const { projectId, actor } = accessOf(request)
      const { email, role } = request.body
      const refusal = refuseChange(roleOfAsker(request, projectId), null, role)
      if (refusal !== null) return conflict(reply, refusal)
      const members = await doors.members.members(projectId)
      if (members.some((member) => member.email === email.toLowerCase())) {
        const message = 'is a member already; change the role instead'
        return sendProblem(reply, 409, `${email} ${message}.`, { errors: [{ at: 'email', message }] })
      }
      const { token, row } = await doors.members.invite({ projectId, email, role, createdBy: actor.name })
      const changes = [{ path: 'role', from: null, to: role }]
      await recordAct(request, doors, { act: 'invite', kind: 'member', id: row.email, changes })
      // The guard made sure that this origin is the dashboard's own.
      const link = `${request.headers.origin ?? hub.baseUrl}/link#${token}`
      return reply.send({ ...toApiInvitation(row), link })
    },
  })

  api.route({
    method: 'DELETE',
    url: '/projects/:project/invitations/:id',
    config: { policy: 'project', may: 'members' },
    schema: {
      tags: ['members'],
      summary: 'Take an invitation back',
      params: ItemParams,
      response: answers(z.object({ removed: z.literal(true) })),
    },
    handler: async (request, reply) => {
      const { projectId } = accessOf(request)
      const { id } = request.params
      const row = (await doors.members.invitations(projectId)).find((one) => one.id === id)
      if (row === undefined || !(await doors.members.removeInvitation(projectId, id)))
        return absent(reply, 'invitation')
      await recordAct(request, doors, { act: 'uninvite', kind: 'member', id: row.email })
      return reply.send({ removed: true })
    },
  })
}

/** Keys manage no members, so whoever is let in here is a person. */
function roleOfAsker(request: Parameters<typeof personOf>[0], projectId: string): Role {
  return roleIn(personOf(request), projectId) ?? 'viewer'
}

async function memberOf(doors: HubDoors, projectId: string, accountId: string): Promise<Member | null> {
  return (await doors.members.members(projectId)).find((one) => one.accountId === accountId) ?? null
}

function toApiMember(member: Member): z.infer<typeof MemberSchema> {
  const { accountId, email, name, role, hubOwner, addedAt, lastSeenAt } = member
  return {
    account_id: accountId,
    email,
    name,
    role,
    hub_owner: hubOwner,
    added_at: isoOf(addedAt),
    last_seen_at: lastSeenAt === null ? null : isoOf(lastSeenAt),
  }
}

function toApiInvitation(row: OneTimeLinkRow): z.infer<typeof InvitationSchema> {
  return {
    id: row.id,
    email: row.email,
    role: roleOf(row.role) ?? 'viewer',
    created_at: isoOf(row.createdAt),
    created_by: row.createdBy,
    expires_at: isoOf(row.expiresAt),
  }
}
