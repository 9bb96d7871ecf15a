import type { App } from '../domain/project.ts'

/** What ingest counts. No label holds anything of a customer. */
export interface IngestMeter {
  accepted(app: App, duplicate: boolean): void
  refused(app: App, status: number): void
  /** A message that could not be kept: the store was told to come again. */
  unavailable(app: App): void
  understood(app: App, outcome: 'understood' | 'ignored' | 'parked' | 'retry', count: number): void
  event(projectId: string, type: string): void
  /** Access should have ended, and the store could not be asked whether it did: counted once per purchase and end. */
  unverified(app: App): void
}
