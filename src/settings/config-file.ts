import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { outcomeOf } from './apply-text.ts'
import { type FileSources, type ReadDocument, readDocument } from './document.ts'
import type { SettingsService } from './service.ts'

/** Where a config file's `${NAME}` and `{ file: path }` come from: this process, and paths beside the file. */
export function fileSources(path: string, environment: () => Readonly<Record<string, string | undefined>>): FileSources {
  const folder = dirname(resolve(path))
  return {
    name: path,
    env: (name) => environment()[name],
    file: (named) => {
      try {
        return readFileSync(resolve(folder, named), 'utf8')
      } catch {
        return null
      }
    },
  }
}

/** Reads a config file from disk. @throws one sentence when there is none to read. */
export function readConfigFile(path: string, environment: () => Readonly<Record<string, string | undefined>>): ReadDocument {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new Error(`The config file ${path} cannot be read; check its path and permissions (TRIBUTARY_CONFIG).`)
  }
  return readDocument(text, fileSources(path, environment))
}

/** Applies a config file at start. @throws with one sentence per fault; nothing is changed then. */
export async function applyConfigFile(
  service: SettingsService,
  path: string,
  environment: () => Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const read = readConfigFile(path, environment)
  const result = read.kind === 'problems' ? read : await service.apply(read.document, { prune: false, adopt: false, dryRun: false })
  const outcome = outcomeOf(path, result)
  if (outcome.kind === 'refused') throw new Error(outcome.faults.join('\n'))
}
