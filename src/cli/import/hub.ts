import { z } from 'zod'
import type { Config } from '../../config.ts'
import type { ImportsDoor } from '../../http/imports-door.ts'
import { openOffline } from '../../hub/offline.ts'
import { StorageLocked } from '../../storage/errors.ts'
import { CATALOGUE } from '../connectors.ts'
import { CommandFailed } from '../failure.ts'
import { apiAddress, openHubLink } from '../hub-link.ts'
import { VERSION } from '../version.ts'

/** Runs with the doors of the hub: of the one that runs on the data folder, or of the database that nobody holds. */
export async function withImports<T>(config: Config, run: (door: ImportsDoor) => Promise<T>): Promise<T> {
  const offline = await openOffline(config, CATALOGUE, VERSION).catch((error: unknown) => {
    if (error instanceof StorageLocked) return null
    throw error
  })
  if (offline !== null) {
    try {
      return await run(offline.doors.imports)
    } finally {
      await offline.close()
    }
  }
  const base = apiAddress(config)
  const link = openHubLink(config, base)
  try {
    return await run(doorThere(base, link))
  } finally {
    await link.close()
  }
}

const problemSchema = z.object({ detail: z.string() })

/** The door of a running hub. Its answers are those of the same program, so their shape is taken as it is. */
function doorThere(base: string, link: ReturnType<typeof openHubLink>): ImportsDoor {
  const post = async <T>(projectId: string, what: 'imports' | 'exports', body: unknown): Promise<T | null> => {
    const path = `/api/projects/${encodeURIComponent(projectId)}/${what}`
    const { status, json } = await link.post(path, JSON.stringify(body), 'application/json')
    if (status === 200) return json as T
    if (status === 404) return null
    const problem = problemSchema.safeParse(json)
    throw new CommandFailed(
      problem.success
        ? `The hub at ${base} refused it: ${problem.data.detail}`
        : `The program at ${base} answered ${status} and is no hub of this version; check TRIBUTARY_PORT.`,
    )
  }
  const step = async <T>(projectId: string, body: unknown): Promise<T> => {
    const answer = await post<{ readonly result: T }>(projectId, 'imports', body)
    if (answer === null) throw new CommandFailed(`The hub has no project ${projectId}; check --project.`)
    return answer.result
  }
  return {
    begin: async ({ projectId, ...start }) => {
      const answer = await post<{ readonly result: Awaited<ReturnType<ImportsDoor['begin']>> }>(projectId, 'imports', {
        step: 'begin',
        ...start,
      })
      return answer?.result ?? null
    },
    progress: async ({ projectId, ...row }) => void (await step(projectId, { step: 'progress', row })),
    takeExported: (projectId, batch) => step(projectId, { step: 'rows', ...batch }),
    claim: (projectId, claims) => step(projectId, { step: 'claims', claims }),
    setAttributes: (projectId, sets) => step(projectId, { step: 'attributes', sets }),
    page: async ({ projectId, ...query }) => {
      const page = await post<Awaited<ReturnType<ImportsDoor['page']>>>(projectId, 'exports', query)
      if (page === null) throw new CommandFailed(`The hub has no project ${projectId}; check --project.`)
      return page
    },
  }
}
