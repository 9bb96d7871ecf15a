import type { StoreName } from '../../domain/purchase.ts'

/** One act of a played store: a method of it, or of what an earlier step began. */
export interface Step {
  readonly act: string
  readonly args?: readonly unknown[]
  /** The step that began what this one is about: its place from 0. Left out: the first; null: the store itself. */
  readonly on?: number | null
  /** Not earlier than this long after the step before (milliseconds): something ends meanwhile. */
  readonly afterMs?: number
}

/** A life that a store can tell. The times that its acts name lie before `now` (milliseconds). */
export interface Script {
  readonly name: string
  readonly about: string
  steps(now: number): readonly Step[]
}

export interface Playbook {
  readonly store: StoreName
  readonly scripts: readonly Script[]
}

export function script(name: string, about: string, steps: Script['steps']): Script {
  return { name, about, steps }
}

export const DAY = 86_400_000

/** A store's messages follow a purchase by up to two seconds, and nothing lies ahead of the clock. */
export const JUST_NOW = 3_000
