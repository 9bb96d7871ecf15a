import { z } from 'zod'

/** What a backup says of itself. */
const noteSchema = z.object({
  version: z.literal(1),
  taken_at: z.int().positive(),
  program: z.string(),
  schema: z.int().positive(),
  /** Under which keys the credentials in it lie: all of them are needed. */
  key_ids: z.array(z.string()),
  /** The keys under a passphrase, where they were asked for. */
  wrapped_keys: z.string().nullable(),
  counts: z.record(z.string(), z.int().nonnegative()),
})

export type BackupNote = z.infer<typeof noteSchema>

/** null when it is not ours or is cut. */
export function readNote(text: string): BackupNote | null {
  try {
    const parsed = noteSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** What is worth a word, for both ends. */
const NAMED = [
  ['customers', 'customers'],
  ['purchases', 'purchases'],
  ['events', 'events'],
  ['deliveries', 'deliveries'],
  ['notifications', 'notifications'],
] as const

export function contentsOf({ counts }: Pick<BackupNote, 'counts'>): string {
  return NAMED.map(([table, words]) => `${(counts[table] ?? 0).toLocaleString('en')} ${words}`).join(', ')
}

export function momentOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function sizeOf(bytes: number): string {
  const mib = bytes / 1024 ** 2
  return mib < 1024 ? `${Math.max(mib, 0.1).toFixed(1)} MiB` : `${(mib / 1024).toFixed(1)} GiB`
}
