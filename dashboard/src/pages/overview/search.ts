export interface OverviewSearch {
  readonly hours?: 24 | 168 | 720
}

const SPANS = [24, 168, 720] as const

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  const hours = SPANS.find((span) => String(span) === String(search.hours))
  return hours === undefined ? {} : { hours }
}
