import { basename, resolve } from 'node:path'
import { Command } from 'commander'
import { z } from 'zod'
import { type Config, environment, loadConfig } from '../config.ts'
import { messageOf } from '../hub/parts.ts'
import { openStorage } from '../hub/storage.ts'
import { openKeys } from '../secrets/open-keys.ts'
import { type AppliedAct, BY_OPERATOR, recordApplied } from '../settings/applied.ts'
import { type ApplyOutcome, documentText, outcomeOf } from '../settings/apply-text.ts'
import { ConfigFileRefused, readConfigFile } from '../settings/config-file.ts'
import { checkDocument } from '../settings/declaration.ts'
import type { ConfigDocument } from '../settings/document.ts'
import { type ApplyOptions, createSettingsService } from '../settings/service.ts'
import { StorageLocked } from '../storage/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { CATALOGUE } from './connectors.ts'
import { CommandFailed } from './failure.ts'
import { apiAddress, askHub } from './hub-link.ts'
import { say } from './output.ts'

interface Flags {
  readonly file: string
  readonly dryRun: boolean
  readonly prune: boolean
  readonly adopt: boolean
  readonly url?: string
}

export function applyCommand(): Command {
  return new Command('apply')
    .requiredOption('-f, --file <file>', 'the YAML config file')
    .option('--dry-run', 'only print what would change', false)
    .option('--prune', 'also remove what a file declared before and this one does not', false)
    .option('--adopt', 'take over what the dashboard manages', false)
    .option('--url <address>', 'a hub on another machine, which must have the same key')
    .action(async (flags: Flags) => {
      const document = checkedFile(resolve(flags.file))
      const config = loadConfig()
      const options: ApplyOptions = { dryRun: flags.dryRun, prune: flags.prune, adopt: flags.adopt }
      const outcome =
        flags.url === undefined
          ? await applyHere(config, document, options)
          : await applyThere(config, flags.url, document, options)
      report(outcome, options)
    })
}

/** Read and checked before anything else is touched. */
export function checkedFile(path: string): ConfigDocument {
  const read = readConfigFile(path, environment())
  const result = read.kind === 'problems' ? read : checkDocument(read.document, CATALOGUE, Date.now())
  if (result.kind === 'problems') {
    const outcome = outcomeOf(basename(path), result)
    throw new ConfigFileRefused(outcome.kind === 'refused' ? outcome.faults : [])
  }
  return read.kind === 'document' ? read.document : { name: path, value: null, lines: {}, texts: {} }
}

/** Through the hub that holds the data folder, or by ourselves when none does. */
async function applyHere(config: Config, document: ConfigDocument, options: ApplyOptions): Promise<ApplyOutcome> {
  const storage = await openStorage(config, { migrate: false }).catch((error: unknown) => {
    if (error instanceof StorageLocked) return null
    throw error
  })
  if (storage === null) return applyThere(config, apiAddress(config), document, options)
  try {
    const ring = await openKeys({ given: config.secretKeys(), dataDir: config.dataDir }, storage)
    const service = await createSettingsService({ storage, ring, catalogue: CATALOGUE, now: Date.now })
    const outcome = outcomeOf(document.name, await service.apply(document, options))
    if (outcome.kind === 'planned') await recordHere(outcome.acts, storage)
    return outcome
  } finally {
    await storage.close()
  }
}

/** No hub runs that would write to its audit log. */
function recordHere(acts: readonly AppliedAct[], storage: Storage): Promise<void> {
  return recordApplied(acts, BY_OPERATOR, {
    recordAct: (row) => storage.recordAct(row),
    now: Date.now,
    failed: ({ act, kind, id }, error) =>
      say(`warning: the audit log does not have it (${act} ${kind} ${id}): ${messageOf(error)}`),
  })
}

const answerSchema = z.object({
  applied: z.boolean(),
  changes: z.array(z.string()),
  notes: z.array(z.string()).default([]),
})
const problemSchema = z.object({ detail: z.string(), faults: z.array(z.string()).default([]) })

async function applyThere(
  config: Config,
  base: string,
  document: ConfigDocument,
  options: ApplyOptions,
): Promise<ApplyOutcome> {
  const query = new URLSearchParams({
    dry_run: String(options.dryRun),
    prune: String(options.prune),
    adopt: String(options.adopt),
  })
  const { status, json } = await askHub(config, base.replace(/\/+$/, ''), `/api/apply?${query}`, documentText(document))
  const answer = answerSchema.safeParse(json)
  if (status === 200 && answer.success) return { kind: 'planned', ...answer.data, acts: [] }
  const problem = problemSchema.safeParse(json)
  if (problem.success && problem.data.faults.length > 0) return { kind: 'refused', faults: problem.data.faults }
  if (status === 401) {
    throw new CommandFailed(
      `The hub at ${base} does not know our key; run this with the TRIBUTARY_DATA_DIR and TRIBUTARY_SECRET_KEY of the hub, and check that both clocks are right.`,
    )
  }
  throw new CommandFailed(
    problem.success
      ? problem.data.detail
      : `The program at ${base} answered ${status} and is no hub of this version; check TRIBUTARY_PORT or --url.`,
  )
}

function report(outcome: ApplyOutcome, { dryRun }: ApplyOptions): void {
  if (outcome.kind === 'refused') throw new ConfigFileRefused(outcome.faults)
  for (const line of [...outcome.changes, ...outcome.notes]) say(line)
  if (outcome.changes.length === 0) say('Nothing to change: the settings are what the file says.')
  else if (dryRun) say(`Dry run: ${counted(outcome.changes.length)}, nothing was written.`)
  else say(`Applied: ${counted(outcome.changes.length)}.`)
}

function counted(changes: number): string {
  return changes === 1 ? '1 change' : `${changes} changes`
}
