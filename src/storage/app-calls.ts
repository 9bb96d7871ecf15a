/** What apps call with their public keys: an address that nothing answers, a wish for signed answers, an SDK's version. */
export type AppCallKind = 'missing' | 'nonce' | 'sdk'

export interface AppCallStorage {
  /** Adds to what is counted; a name of an app and kind at most once in a call. */
  countAppCalls(rows: readonly AppCallCount[]): Promise<void>
}

export interface AppCallCount {
  readonly projectId: string
  readonly appId: string
  readonly kind: AppCallKind
  readonly name: string
  readonly count: number
  readonly at: number
}

/** What is counted of one app. */
export interface AppCallRow {
  readonly kind: AppCallKind
  readonly name: string
  readonly count: number
  readonly lastAt: number
}
