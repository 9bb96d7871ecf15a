import {
  closeSync,
  constants,
  copyFileSync,
  fdatasyncSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** Files that must be whole and on disk when their name appears. */

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** So that a file's name survives a power cut too; not possible and not needed on Windows. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** An empty file that its owner alone may read; what lies there already is an error (EEXIST). */
export function makeFile(file: string): void {
  closeSync(openSync(file, 'wx', 0o600))
}

/** Writes a growing file's pages to disk as it grows: see snapshot.ts. */
export function steadySync(file: string): { sync(): void; close(): void } {
  const descriptor = openSync(file, 'r+')
  return { sync: () => fdatasyncSync(descriptor), close: () => closeSync(descriptor) }
}

/** Gives a finished file its name, which must be free. */
export function publish(draft: string, file: string): void {
  syncFile(draft)
  try {
    linkSync(draft, file)
    rmSync(draft)
  } catch (error) {
    // File systems without hard links.
    if (!(error instanceof Error && 'code' in error && /^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(String(error.code))))
      throw error
    renameSync(draft, file)
  }
  syncFolder(dirname(file))
}

/** By reference where the file system can. */
export function copyFile(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
}
