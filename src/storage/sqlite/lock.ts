import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageLocked, StorageRefused } from '../errors.ts'

export interface FolderLock {
  release(): void
}

/** Makes the data folder if need be; one sentence when it cannot be used. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StorageRefused(
      `The data folder ${folder} cannot be made (${codeOf(error)}): choose another one with TRIBUTARY_DATA_DIR.`,
    )
  }
  if (!statSync(folder).isDirectory()) {
    throw new StorageRefused(`${folder} is not a folder: choose another one with TRIBUTARY_DATA_DIR.`)
  }
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    throw new StorageRefused(`The data folder ${folder} is not writable: make it so for this user, or choose another.`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/**
 * One hub to a folder: an exclusive transaction on lock.db that ends with the process, however it ends. No pid file,
 * which outlives a kill and means nothing in a container.
 */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, 'lock.db')
  let db: DatabaseSync
  try {
    db = new DatabaseSync(file)
  } catch (error) {
    throw new StorageRefused(`The lock ${file} cannot be opened (${String(error)}): check the folder's permissions.`)
  }
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) {
      throw new StorageLocked(
        `Another Tributary is running on the data folder ${folder}: stop it, or choose another folder with TRIBUTARY_DATA_DIR.`,
      )
    }
    throw new StorageRefused(`The lock ${file} cannot be taken (${String(error)}): delete the file and try again.`)
  }
  return { release: () => db.close() }
}
