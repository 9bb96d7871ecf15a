/** Groups of countries (ISO 3166-1 alpha-2) that a rate may name. */

/** european-union.europa.eu/principles-countries-history/eu-countries_en */
export const EU: readonly string[] = [
  ...['AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU'],
  ...['MT', 'NL', 'PL', 'PT', 'RO', 'SK', 'SI', 'ES', 'SE'],
]

/** efta.int/eea */
export const EEA: readonly string[] = [...EU, 'IS', 'LI', 'NO']

/** Names that a rule in the config file may use beside single countries. */
export const COUNTRY_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['EU', EU],
  ['EEA', EEA],
])
