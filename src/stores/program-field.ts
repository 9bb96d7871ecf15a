import type { Program } from '../domain/commission/rule.ts'
import type { Field } from '../domain/field.ts'

/** A programme of a store that an app joined, with its dates: it decides which commission a purchase of a day has. */
export function programField(key: Program, label: string, help: string): Field {
  const day = { type: 'text', pattern: '\\d{4}-\\d{2}-\\d{2}', patternHelp: 'must be a day, as 2026-11-01.' } as const
  return {
    key,
    type: 'object',
    label,
    help,
    fields: [
      { key: 'from', ...day, label: `${label}: from`, help: `${help} The first day (UTC).`, required: true },
      {
        key: 'until',
        ...day,
        label: `${label}: until`,
        help: 'The first day (UTC) that it is over. Left out: it goes on.',
      },
    ],
  }
}
