import type { FastifyReply, FastifyRequest } from 'fastify'
import { permissionsOf } from '../members/roles.ts'
import { roleIn, type SignedIn } from '../members/session.ts'
import { refuse } from './areas.ts'
import type { HubDoors } from './doors.ts'
import { isOwnOrigin, type Origins, sessionTokenOf } from './session-cookie.ts'

/** A header that a page of ours sends and a form of another cannot. */
const OWN_HEADER = 'x-tributary-request'

/**
 * Lets a person in who is signed in. Gives what they may see in the project of the path, or the person alone where the
 * route names no project; null: the request has been answered.
 */
export async function admitPerson(
  request: FastifyRequest,
  reply: FastifyReply,
  doors: Pick<HubDoors, 'members'>,
  origins: Origins,
): Promise<SignedIn | null> {
  const refused = (status: number, sentence: string): null => {
    void refuse(request, reply, status, sentence)
    return null
  }
  const token = sessionTokenOf(request, origins)
  if (token === null) return refused(401, 'Nobody is signed in; sign in to the dashboard.')
  const forged = refuseForged(request, origins)
  if (forged !== null) return refused(403, forged)
  const who = await doors.members.personOf(token)
  if (who === null) return refused(401, 'This session has ended; sign in again.')
  return who
}

/** Where a cookie comes along by itself, what changes something must come from our own pages. */
function refuseForged(request: FastifyRequest, origins: Origins): string | null {
  if (request.method === 'GET' || request.method === 'HEAD') return null
  if (!isOwnOrigin(request, origins)) {
    return 'This request does not come from the pages of this hub; open the dashboard at its own address, which TRIBUTARY_BASE_URL names.'
  }
  if (request.headers[OWN_HEADER] !== '1') {
    return `This request has no header ${OWN_HEADER}; send "${OWN_HEADER}: 1" with everything that changes something.`
  }
  return null
}

/** Makes the access of a person to the project of the path; false: the request has been answered. */
export function admitMember(request: FastifyRequest, reply: FastifyReply, who: SignedIn, exists: boolean): boolean {
  const projectId = (request.params as { readonly project?: string }).project ?? ''
  const role = exists ? roleIn(who, projectId) : null
  if (role === null) {
    // The same answer as for a project that does not exist.
    void refuse(request, reply, 404, 'There is no such project, or you are not a member of it; check the address.')
    return false
  }
  const permissions = permissionsOf(role)
  const { may } = request.routeOptions.config
  if (may === undefined || !permissions.includes(may)) {
    void refuse(request, reply, 403, `Your role in this project, ${role}, may not do this; ask an owner or an admin.`)
    return false
  }
  const { account, sessionHash } = who
  request.access = {
    projectId,
    actor: { kind: 'member', id: account.id, name: account.email },
    credential: { kind: 'session', hash: sessionHash },
    app: null,
    permissions,
  }
  return true
}
