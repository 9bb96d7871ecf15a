/** The first word that the writer and the checkpointer share; the second is how many pages the last round left. */
export const CHECKPOINT = {
  idle: 0,
  /** The writer asks for a round, or one is running. */
  wanted: 1,
  /** The writer asks the thread to end. */
  end: 2,
  ended: 3,
} as const

export interface CheckpointStart {
  readonly folder: string
  readonly state: Int32Array<SharedArrayBuffer>
}
