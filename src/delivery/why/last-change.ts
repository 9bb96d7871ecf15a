import type { MemberStorage } from '../../storage/members.ts'
import type { ChangedBy } from './question.ts'

/** Acts that are looked through, newest first: a change further back is not told. */
const PAGE = 200
const MOST_PAGES = 5

/** Who last changed a setting of an integration, by the audit log. */
export async function lastChange(
  {
    projectId,
    integrationId,
    path,
  }: { readonly projectId: string; readonly integrationId: string; readonly path: string },
  storage: Pick<MemberStorage, 'listActs'>,
): Promise<ChangedBy | null> {
  let before: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const acts: Awaited<ReturnType<typeof storage.listActs>> = await storage.listActs({
      projectId,
      before,
      limit: PAGE,
    })
    const found = acts.items.find(
      ({ kind, subject, changes }) =>
        kind === 'integration' && subject === integrationId && pathsOf(changes).includes(path),
    )
    if (found !== undefined) return { at: found.at, by: found.actorName }
    if (acts.next === null) return null
    before = acts.next
  }
  return null
}

function pathsOf(changes: string): readonly string[] {
  return (JSON.parse(changes) as readonly { readonly path: string }[]).map(({ path }) => path)
}
