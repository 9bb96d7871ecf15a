import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One step of a schema, forward only. Both drivers number theirs alike: a number is a version of the product. */
export interface Migration {
  readonly number: number
  readonly file: string
  readonly sql: () => string
}

/** The numbered files of a driver's `migrations` folder, in order: 0001-first.sql, 0002-… */
export function migrationsIn(driver: string): readonly Migration[] {
  const folder = join(driver, 'migrations')
  const found = readdirSync(folder)
    .filter((file) => /^\d{4}-.*\.sql$/.test(file))
    .sort()
    .map(
      (file): Migration => ({
        number: Number(file.slice(0, 4)),
        file,
        sql: () => readFileSync(join(folder, file), 'utf8'),
      }),
    )
  found.forEach((migration, index) => {
    if (migration.number !== index + 1) throw new Error(`migration ${migration.file} should have number ${index + 1}`)
  })
  return found
}
