import type { Config } from '../config.ts'
import { openPostgres } from '../storage/postgres/open.ts'
import { openEmbedded } from '../storage/sqlite/open.ts'
import type { Storage } from '../storage/storage.ts'

export interface OpenOptions {
  /** Bring the schema up to date (default); otherwise an older one is refused. PostgreSQL only. */
  readonly migrate?: boolean
  /** Reads only, beside a running hub. Embedded only: PostgreSQL takes any number of processes. */
  readonly readOnly?: boolean
  /** For tests: a full disk. */
  readonly maxPages?: number
}

/** The database that the settings name: the one place that picks a storage driver. */
export function openStorage(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  options: OpenOptions = {},
): Promise<Storage> {
  const url = config.databaseUrl()
  if (url !== null) return openPostgres({ url, migrate: options.migrate ?? true })
  const { readOnly, maxPages } = options
  return openEmbedded({
    folder: config.dataDir,
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(maxPages === undefined ? {} : { maxPages }),
  })
}
