import type { App } from '../domain/project.ts'
import type { SettingsStorage } from '../storage/storage.ts'

/**
 * Which apps get receipts: of those the owner of a purchase turns up by itself, so its first events wait for it. Kept in
 * the database; what another process has marked is known after the next `refresh`.
 */
export interface ReceiptMarks {
  has(app: App): boolean
  mark(app: App): Promise<void>
  refresh(apps: readonly App[]): Promise<void>
}

export function createReceiptMarks(storage: Pick<SettingsStorage, 'getMeta' | 'setMeta'>): ReceiptMarks {
  const marked = new Set<string>()
  return {
    has: (app) => marked.has(nameOf(app)),
    mark: async (app) => {
      if (marked.has(nameOf(app))) return
      await storage.setMeta(nameOf(app), 'yes')
      marked.add(nameOf(app))
    },
    refresh: async (apps) => {
      const unknown = apps.filter((app) => !marked.has(nameOf(app)))
      const found = await Promise.all(unknown.map(async (app) => [app, await storage.getMeta(nameOf(app))] as const))
      for (const [app, value] of found) if (value !== null) marked.add(nameOf(app))
    },
  }
}

function nameOf({ projectId, id }: App): string {
  return `gets_receipts ${projectId} ${id}`
}
