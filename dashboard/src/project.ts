import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { Permission, ProjectAccess } from './api/session.ts'
import { type Environment, rememberEnvironment } from './memory.ts'

const signedIn = getRouteApi('/in')
const project = getRouteApi('/in/$project')

export function useSession() {
  return signedIn.useRouteContext().session
}

interface Here {
  /** Slug of the project in the address. */
  readonly id: string
  readonly access: ProjectAccess
  readonly environment: Environment
  readonly setEnvironment: (environment: Environment) => void
  /** Hides what the hub would refuse; the hub refuses it all the same. */
  readonly may: (permission: Permission) => boolean
}

/** The project and the environment that the reader looks at. Below the shell only. */
export function useProject(): Here {
  const { access } = project.useRouteContext()
  const { environment = 'production' } = project.useSearch()
  const navigate = useNavigate()
  if (access === null) throw new Error('A page of a project was opened outside the shell.')
  return {
    id: access.id,
    access,
    environment,
    setEnvironment: (next) => {
      rememberEnvironment(next)
      void navigate({ to: '.', search: (search) => ({ ...search, environment: next }) as never })
    },
    may: (permission) => access.permissions.includes(permission),
  }
}
