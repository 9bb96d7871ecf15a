import type { Addition } from '../../../domain/figures.ts'
import type { Connection } from '../database.ts'
import { query } from '../query.ts'

/** A claim of a notification: kept in the writer's memory, since every claim ends with the process that made it. */
export interface Lease {
  readonly owner: string
  readonly until: number
}

/**
 * What the writer knows beyond the file. It follows the transaction: each change names its way back, and a rollback
 * goes that way.
 */
export interface Memory {
  /** The last cursor position given. */
  position: number
  /** The last fence given. Slots keep the greatest one, so that it never falls back. */
  fence: number
  readonly leases: Map<number, Lease>
  /** What the transaction adds to figures, by `figureKey`: written once, before its commit. */
  readonly figures: Map<string, number>
  undo(wayBack: () => void): void
  /** A point to roll back to. */
  mark(): number
  rollback(mark: number): void
  /** The transaction is on disk: there is no way back. */
  committed(): void
}

export function openMemory(db: Connection): Memory {
  const number = (sql: string): number => Number(query(db, sql).first()?.[0] ?? 0)
  const waysBack: (() => void)[] = []
  const figures = new Map<string, number>()
  return {
    // A restored or copied database goes on behind what was given elsewhere, so that no follower is passed by.
    position: Math.max(
      number('SELECT max(position) FROM events'),
      number(`SELECT value FROM meta WHERE name = 'position_floor'`),
    ),
    fence: Math.max(number('SELECT max(fence) FROM slots'), number('SELECT max(fence) FROM queues')),
    leases: new Map(),
    figures,
    undo: (wayBack) => void waysBack.push(wayBack),
    mark: () => waysBack.length,
    rollback(mark) {
      while (waysBack.length > mark) waysBack.pop()?.()
      if (mark === 0) figures.clear()
    },
    committed() {
      figures.clear()
      waysBack.length = 0
    },
  }
}

export function nextPosition(memory: Memory): number {
  memory.undo(() => {
    memory.position -= 1
  })
  memory.position += 1
  return memory.position
}

export function nextFence(memory: Memory): number {
  memory.undo(() => {
    memory.fence -= 1
  })
  memory.fence += 1
  return memory.fence
}

/** Adds to figures of the running transaction. */
export function addFigures(memory: Memory, additions: readonly Addition[]): void {
  for (const { projectId, environment, hour, figure, by } of additions) {
    const key = `${projectId}\n${environment}\n${hour}\n${figure}`
    memory.undo(() => memory.figures.set(key, (memory.figures.get(key) ?? 0) - by))
    memory.figures.set(key, (memory.figures.get(key) ?? 0) + by)
  }
}

export function lease(memory: Memory, n: number, given: Lease): void {
  const before = memory.leases.get(n)
  memory.undo(() => (before === undefined ? memory.leases.delete(n) : memory.leases.set(n, before)))
  memory.leases.set(n, given)
}

export function endLease(memory: Memory, n: number): void {
  const before = memory.leases.get(n)
  if (before === undefined) return
  memory.undo(() => memory.leases.set(n, before))
  memory.leases.delete(n)
}
