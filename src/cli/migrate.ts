import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { StorageLocked } from '../storage/errors.ts'
import { openEmbedded } from '../storage/sqlite/open.ts'
import { say } from './output.ts'

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database to the schema of this version; serve does it by itself')
    .action(async () => {
      const { dataDir } = loadConfig()
      try {
        const storage = await openEmbedded({ folder: dataDir })
        await storage.close()
        say(`The database in ${dataDir} has the schema of this version.`)
      } catch (error) {
        if (!(error instanceof StorageLocked)) throw error
        // Whoever holds the lock has migrated; reading refuses a schema that is not ours.
        const storage = await openEmbedded({ folder: dataDir, readOnly: true })
        await storage.close()
        say(`The hub runs on ${dataDir}, and its database has the schema of this version.`)
      }
    })
}
