import { resolve } from 'node:path'
import type { CopySource, CopyTarget } from '../../storage/copy.ts'
import { CommandFailed } from '../failure.ts'

/** A database as `--from` and `--to` name it. */
export type Place =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string }

export function placeOf(text: string, option: string): Place {
  if (/^postgres(ql)?:\/\//.test(text)) {
    if (URL.canParse(text.replace('@/', '@local/'))) return { kind: 'postgres', url: text }
    throw new CommandFailed(`The address in ${option} cannot be read; write it as postgres://user@host/database.`, 2)
  }
  const folder = /^embedded:(.+)$/s.exec(text)?.[1]
  if (folder !== undefined) return { kind: 'embedded', folder: resolve(folder) }
  throw new CommandFailed(`${option} must be embedded:FOLDER or postgres://user@host/database.`, 2)
}

/** Drivers are loaded when they are needed. */
export async function openSource(place: Place): Promise<CopySource> {
  if (place.kind === 'postgres') {
    const { openPostgresSource } = await import('../../storage/postgres/copy/copying.ts')
    return openPostgresSource(place.url, Date.now)
  }
  const { openFolderSource } = await import('../../storage/sqlite/copy/copying.ts')
  return openFolderSource(place.folder, Date.now())
}

export async function openTarget(place: Place): Promise<CopyTarget> {
  if (place.kind === 'postgres') {
    const { openPostgresTarget } = await import('../../storage/postgres/copy/copying.ts')
    return openPostgresTarget(place.url)
  }
  const { openFolderTarget } = await import('../../storage/sqlite/copy/copying.ts')
  return openFolderTarget(place.folder)
}
