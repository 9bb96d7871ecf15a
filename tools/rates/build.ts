import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EXCHANGE_RATES } from '../../src/domain/exchange-rates.ts'
import { changes, deriveTable } from './derive.ts'

const TARGET = fileURLToPath(new URL('../../src/domain/exchange-rates.ts', import.meta.url))

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error(
    'usage: node tools/rates/build.ts eurofxref-hist.csv (docs/reference/exchange-rates.md says where to get it)',
  )
  process.exit(2)
}
try {
  const table = deriveTable(readFileSync(path, 'utf8'))
  const changed = changes(EXCHANGE_RATES, table)
  if (changed.length > 0) {
    throw new Error(
      `${changed.slice(0, 10).join('\n')}\n${changed.length} shipped rates would change; find out why, then remove them from ${TARGET} by hand`,
    )
  }
  const first = table.months[0]?.slice(0, 10)
  const last = table.months.at(-1)?.slice(0, 10)
  writeFileSync(
    TARGET,
    `import type { RateTable } from './exchange.ts'

/**
 * Made by tools/rates/build.ts; docs/reference/exchange-rates.md says how. Source: European Central Bank, euro foreign
 * exchange reference rates, last reference day of each month from ${first} to ${last}.
 */
export const EXCHANGE_RATES: RateTable = {
  currencies: '${table.currencies}',
  months: [
${table.months.map((month) => `    '${month}',`).join('\n')}
  ],
}
`,
  )
  console.log(`${table.months.length} months to ${last}, ${table.currencies.split(' ').length} currencies and USD`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
