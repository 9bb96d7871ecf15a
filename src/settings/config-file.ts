import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { outcomeOf } from './apply-text.ts'
import { type FileSources, type ReadDocument, readDocument } from './document.ts'
import type { ApplyResult, SettingsService } from './service.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** The file that is applied at start was refused: one line for each fault. */
export class ConfigFileRefused extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigFileRefused'
    this.faults = faults
  }
}

/** Reads a config file of this machine; its own files are found from its folder. Never throws. */
export function readConfigFile(path: string, variables: Variables): ReadDocument {
  const text = textOf(path)
  if (text === null) {
    const message = 'This file cannot be read; check its path and its permissions'
    return { kind: 'problems', problems: [{ line: 1, path: '', message }] }
  }
  return readDocument(text, sourcesOf(path, variables))
}

function sourcesOf(path: string, variables: Variables): FileSources {
  return {
    name: basename(path),
    env: (name) => variables[name],
    file: (named) => textOf(resolve(dirname(path), named)),
  }
}

/** One MiB and a bit: what is larger is refused with its own sentence. */
const MAX_CHARACTERS = 1_200_000

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').slice(0, MAX_CHARACTERS)
  } catch {
    return null
  }
}

/**
 * Applies TRIBUTARY_CONFIG at start: as `apply` does, without removing and without taking over. Throws ConfigFileRefused,
 * so that a hub never runs with other settings than its file says.
 */
export async function applyConfigFile(
  service: SettingsService,
  path: string,
  environment: () => Variables,
): Promise<ApplyResult> {
  const read = readConfigFile(path, environment())
  const name = basename(path)
  const result: ApplyResult =
    read.kind === 'problems' ? read : await service.apply(read.document, { prune: false, adopt: false, dryRun: false })
  const outcome = outcomeOf(name, result)
  if (outcome.kind === 'refused') throw new ConfigFileRefused(outcome.faults)
  return result
}
