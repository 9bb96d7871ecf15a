import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { erasedFrom, erasedLines } from '../hub/erased-file.ts'
import { allErased } from '../hub/erasures.ts'
import { openStorage } from '../hub/storage.ts'
import { applyErased, continueErasures } from '../ingest/erasure.ts'
import { openKeys } from '../secrets/open-keys.ts'
import { StorageLocked } from '../storage/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

interface Flags {
  readonly list?: string
  readonly save?: string
}

export function eraseCommand(): Command {
  return new Command('erase')
    .option('--save <file>', 'write the list of this database to a file that does not exist')
    .option('--list <file>', 'erase again who is on the list and was there before; the hub must be stopped')
    .addHelpText(
      'after',
      `
The list holds keyed hashes, no ids. Embedded, it is kept as erased.jsonl in the data folder and applied at every start; on
PostgreSQL keep it with your backups and apply it after a restore, before any process starts. A person is erased by
DELETE /api/projects/{project}/customers/{id}: see docs/customers.md.`,
    )
    .action(async ({ list, save }: Flags) => {
      if ((list === undefined) === (save === undefined)) {
        throw new CommandFailed('Name one of --save FILE and --list FILE; see tributary erase --help.', 2)
      }
      const config = loadConfig()
      if (save !== undefined) await saveList(config, resolve(save))
      if (list !== undefined) await applyList(config, resolve(list))
    })
}

async function saveList(config: Config, file: string): Promise<void> {
  if (existsSync(file)) throw new CommandFailed(`${file} exists already; name a file that does not.`)
  await withStorage(config, { migrate: false, readOnly: true }, async (storage) => {
    const rows = await allErased(storage)
    writeFileSync(file, erasedLines(rows), { flag: 'wx', mode: 0o600 })
    say(`${file}: ${rows.length} ids of people who were erased, as keyed hashes.`)
  })
}

async function applyList(config: Config, file: string): Promise<void> {
  if (!existsSync(file)) throw new CommandFailed(`There is no file ${file}; name the list to apply.`)
  const rows = erasedFrom(readFileSync(file, 'utf8'))
  if (rows.length === 0) throw new CommandFailed(`${file} holds no list of erased people; name one that --save wrote.`)
  await withStorage(config, {}, async (storage) => {
    const ring = await openKeys({ given: config.secretKeys(), dataDir: config.dataDir }, storage)
    const keys = new Set(ring.all.map(({ id }) => id))
    const foreign = rows.filter(({ hash }) => !keys.has(hash.split('.')[0] ?? ''))
    if (foreign.length > 0) {
      throw new CommandFailed(
        `${foreign.length} of ${rows.length} lines were written under a key that is not given; add it to TRIBUTARY_SECRET_KEY, behind the present one.`,
      )
    }
    const deps = { storage, ring, now: Date.now }
    // Claims of a database that was copied while its hub ran are nobody's.
    await storage.freeDeadClaims(storage.owner, Date.now())
    const count = await applyErased(rows, deps)
    await continueErasures(deps)
    say(`${count} customers of ${rows.length} ids on the list were in the database and are erased.`)
  })
}

async function withStorage(
  config: Config,
  options: { readonly migrate?: boolean; readonly readOnly?: boolean },
  run: (storage: Storage) => Promise<void>,
): Promise<void> {
  try {
    const storage = await openStorage(config, options)
    try {
      await run(storage)
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (error instanceof StorageLocked) {
      throw new CommandFailed(
        `The hub runs on ${config.dataDir}, which applies its list when it starts; stop it first.`,
      )
    }
    throw error
  }
}
