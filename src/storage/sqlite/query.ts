import type { SQLInputValue } from 'node:sqlite'
import type { Values } from '../columns.ts'
import type { Connection } from './database.ts'

export interface Query {
  all(...parameters: SQLInputValue[]): readonly Values[]
  first(...parameters: SQLInputValue[]): Values | undefined
}

/** A prepared SELECT (or RETURNING) whose rows come as arrays in column order. */
export function query(db: Connection, sql: string): Query {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  return {
    all: (...parameters) => statement.all(...parameters) as unknown as readonly Values[],
    first: (...parameters) => statement.get(...parameters) as unknown as Values | undefined,
  }
}

/** A prepared change; gives the number of rows that it changed. */
export function change(db: Connection, sql: string): (...parameters: SQLInputValue[]) => number {
  const statement = db.prepare(sql)
  return (...parameters) => Number(statement.run(...parameters).changes)
}
