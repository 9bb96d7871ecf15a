export interface OverviewSearch {
  readonly hours?: 24 | 168 | 720
}

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  return search.hours === 24 || search.hours === 168 || search.hours === 720 ? { hours: search.hours } : {}
}
