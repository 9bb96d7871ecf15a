import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { openStorage } from '../hub/storage.ts'
import { StorageLocked } from '../storage/errors.ts'
import { say } from './output.ts'

export function migrateCommand(): Command {
  return new Command('migrate').action(async () => {
    const config = loadConfig()
    const where = config.databaseUrl() === null ? `database in ${config.dataDir}` : 'PostgreSQL database'
    try {
      const storage = await openStorage(config)
      await storage.close()
      say(`The ${where} has the schema of this version.`)
    } catch (error) {
      if (!(error instanceof StorageLocked)) throw error
      // Whoever holds the lock has migrated; reading refuses a schema that is not ours.
      const storage = await openStorage(config, { readOnly: true })
      await storage.close()
      say(`The hub runs on ${config.dataDir}, and its database has the schema of this version.`)
    }
  })
}
