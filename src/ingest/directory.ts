import type { App, Project } from '../domain/project.ts'

/** Projects and apps as they are now. */
export interface Directory {
  project(projectId: string): Project | null
  app(projectId: string, appId: string): App | null
  appsOf(projectId: string): readonly App[]
}
