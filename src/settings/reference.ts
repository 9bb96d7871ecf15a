import type { Field } from '../domain/field.ts'
import type { Catalogue } from './catalogue.ts'
import { APP_FIELDS, INTEGRATION_FIELDS, PROJECT_FIELDS, SECRET_KEY_FIELDS } from './common.ts'
import { fieldRows } from './declared.ts'
import { COMMISSION_RULE_FIELDS, EXCHANGE_RATE_FIELDS, TAX_RULE_FIELDS } from './rates.ts'

/** The parts of the documentation that are made from declared fields, by name. */
export function referenceBlocks(catalogue: Catalogue): ReadonlyMap<string, string> {
  return new Map([
    ['project fields', fieldTable(PROJECT_FIELDS)],
    ['secret key fields', fieldTable(SECRET_KEY_FIELDS)],
    ['commission rule fields', fieldTable(COMMISSION_RULE_FIELDS)],
    ['tax rule fields', fieldTable(TAX_RULE_FIELDS)],
    ['exchange rate fields', fieldTable(EXCHANGE_RATE_FIELDS)],
    ['app fields', fieldTable(APP_FIELDS)],
    ['integration fields', fieldTable(INTEGRATION_FIELDS)],
    ...Array.from(catalogue.stores.values(), ({ name, fields }) => [`${name} fields`, fieldTable(fields)] as const),
    ...Array.from(catalogue.destinations.values(), ({ id, fields }) => [`${id} fields`, fieldTable(fields)] as const),
  ])
}

/** What can be set today, as a Markdown table. */
function fieldTable(fields: readonly Field[]): string {
  const rows = fieldRows(fields).map(
    ({ path, kind, fallback, meaning }) => `| \`${path}\` | ${cell(kind)} | ${cell(fallback)} | ${cell(meaning)} |`,
  )
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** The names of the blocks that a page holds. */
export function blockNames(page: string): readonly string[] {
  return [...page.matchAll(BLOCK)].map(([, name = '']) => name)
}

/** `<!-- generated: NAME -->` … `<!-- end -->` */
const BLOCK = /<!-- generated: ([^>]+?) -->\n[\s\S]*?<!-- end -->/g

/** The page with its blocks as they should be. Throws for a block that nobody makes. */
export function withBlocks(page: string, blocks: ReadonlyMap<string, string>): string {
  return page.replace(BLOCK, (_whole, name: string) => {
    const block = blocks.get(name)
    if (block === undefined) throw new Error(`No block is called "${name}": known are ${[...blocks.keys()].join(', ')}`)
    return `<!-- generated: ${name} -->\n${block}\n<!-- end -->`
  })
}
