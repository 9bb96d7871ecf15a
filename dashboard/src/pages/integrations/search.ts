import { oneOf, present, textIn } from '../../parts/search.ts'

export const TABS = ['deliveries', 'errors', 'settings'] as const

export function integrationSearch(search: Record<string, unknown>) {
  return present({
    tab: oneOf(search, 'tab', TABS),
    status: textIn(search, 'status'),
    reason: reasonIn(search),
    event_type: textIn(search, 'event_type'),
    customer: textIn(search, 'customer'),
    /** Without it the list is of the environment that the whole page looks at. */
    in: oneOf(search, 'in', ['both'] as const),
    /** The delivery whose drawer is open. */
    delivery: textIn(search, 'delivery'),
  })
}

const MAX_REASON = 2_000

/** A reason is a sentence, and may be longer than other words of an address. */
function reasonIn({ reason }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof reason === 'string' && reason !== '' && reason.length <= MAX_REASON ? reason : undefined
}
