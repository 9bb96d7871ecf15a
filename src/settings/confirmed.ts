import type { Catalogue } from './catalogue.ts'
import type { Entry } from './rows.ts'

/** What a person confirmed holds until one of the settings changes that it was about. */
export function confirmedAsBefore(before: Entry | null, after: Entry, { destinations }: Catalogue): Entry {
  if (before?.kind !== 'integration' || after.kind !== 'integration') return after
  const { confirmed_at: confirmedAt, settings } = before.body
  const about = destinations.get(after.body.destination)?.confirm?.about
  if (confirmedAt === undefined || about === undefined) return after
  const same = about.every((key) => JSON.stringify(settings[key]) === JSON.stringify(after.body.settings[key]))
  return same ? { ...after, body: { ...after.body, confirmed_at: confirmedAt } } : after
}
