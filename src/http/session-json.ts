import { z } from 'zod'
import { PERMISSIONS, permissionsOf, ROLES } from '../members/roles.ts'
import { roleIn, type SignedIn } from '../members/session.ts'
import type { HubSettings } from './doors.ts'
import { isoOf } from './json-text.ts'

export const RoleSchema = z.enum(ROLES).meta({ id: 'Role' })

export const SessionSchema = z
  .object({
    account: z.object({
      id: z.string(),
      email: z.string(),
      name: z.string(),
      hub_owner: z.boolean().describe('Owns the hub, and so every project.'),
    }),
    projects: z.array(
      z.object({ id: z.string(), name: z.string(), role: RoleSchema, permissions: z.array(z.enum(PERMISSIONS)) }),
    ),
    ends_at: z.iso.datetime().describe('When one has to sign in again at the latest.'),
    base_url: z.string(),
    version: z.string(),
  })
  .meta({ id: 'Session' })

export function toApiSession(
  who: SignedIn,
  settings: HubSettings,
  hub: { readonly baseUrl: string; readonly version: string },
): z.infer<typeof SessionSchema> {
  const { id, email, name, hubOwner } = who.account
  return {
    account: { id, email, name, hub_owner: hubOwner },
    projects: toApiOwnProjects(who, settings),
    ends_at: isoOf(who.endsAt),
    base_url: hub.baseUrl,
    version: hub.version,
  }
}

/** The projects that a person is in, with what they may there. */
export function toApiOwnProjects(who: SignedIn, settings: HubSettings): z.infer<typeof SessionSchema>['projects'] {
  return settings.projects.flatMap((project) => {
    const role = roleIn(who, project.id)
    return role === null ? [] : [{ id: project.id, name: project.name, role, permissions: [...permissionsOf(role)] }]
  })
}
