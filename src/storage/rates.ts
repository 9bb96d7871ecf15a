/** The exchange rates of one day. */
export interface ExchangeRatesRow {
  /** YYYY-MM-DD. */
  readonly day: string
  /** JSON: code → USD for one unit, in 10⁻¹², as text. */
  readonly rates: string
  readonly fetchedAt: number
}

/** Daily exchange rates of an operator's source. Of no project. */
export interface RateStorage {
  /** The newest days, oldest first. */
  loadExchangeRates(limit: number): Promise<readonly ExchangeRatesRow[]>
  /** The first rates of a day stand, only when they were asked for is new. Days before `keepFrom` (YYYY-MM-DD) go. */
  saveExchangeRates(row: ExchangeRatesRow, keepFrom: string): Promise<void>
}
