/** Retention: what one call of `tidy` may take, and what it took. */
export interface TidyInput {
  readonly now: number
  /** Bodies of understood and ignored notifications received before this go; the notifications stay, without them. */
  readonly notificationsBefore: number
  /** Attempts and skipped deliveries older than this go. */
  readonly attemptsBefore: number
  /** Most rows of each kind that one call removes. */
  readonly limit: number
}

export interface TidyResult {
  readonly notifications: number
  readonly attempts: number
  readonly skipped: number
}
