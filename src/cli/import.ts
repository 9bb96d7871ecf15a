import { resolve } from 'node:path'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { importAttributes } from './import/attributes.ts'
import { type ExportFlags, importExport } from './import/export-file.ts'
import { withImports } from './import/hub.ts'
import { importPurchases, type PlainFlags } from './import/purchases.ts'

export function importCommand(): Command {
  return new Command('import')
    .addHelpText(
      'after',
      `
Every import may be stopped and called again: it goes on where it was. The same file adds nothing twice. Beside a running
hub it works through the hub; on a database that nobody holds it works by itself. See docs/operate/import-export.md.`,
    )
    .addCommand(exportFileCommand())
    .addCommand(
      plain('purchases', 'purchases by token, transaction or subscription, asked of their stores (CSV or JSON lines)')
        .addHelpText(
          'after',
          `
Columns: app_user_id, app (its id, or the store where the project has one app of it), one of token, transaction_id and
subscription_id, and where there are any: product_id, store_user_id (Amazon), environment. "export purchases" writes them.`,
        )
        .action(async (file: string, flags: PlainFlags) =>
          withImports(loadConfig(), (door) => importPurchases(resolve(file), flags, door)),
        ),
    )
    .addCommand(
      plain('attributes', 'attributes of customers (CSV or JSON lines)')
        .addHelpText(
          'after',
          `
Columns: app_user_id and one for each key, $email among them; updated_at_ms is when they were set (now when it is left out).
JSON lines may hold them under "attributes". An empty cell says nothing; null in JSON deletes.`,
        )
        .action(async (file: string, flags: PlainFlags) =>
          withImports(loadConfig(), (door) => importAttributes(resolve(file), flags, door)),
        ),
    )
}

function plain(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<file>', 'the file, packed with gzip or not')
    .requiredOption('--project <id>', 'the project that takes it')
    .option('--again', 'once more, although it was taken over before', false)
    .option('--report <file>', 'where to write which lines were left out, and why')
}

function exportFileCommand(): Command {
  const collect = (id: string, all: readonly string[]): readonly string[] => [...all, id]
  return new Command('revenuecat-export')
    .description('transactions of a scheduled data export (CSV of version 5, 6 or 7, packed or not)')
    .argument('<files...>', 'all files that belong together, a full export first')
    .requiredOption('--project <id>', 'the project that takes it')
    .option('--app <id>', 'the app of its store, where the project has several of one store', collect, [])
    .option('--deliver', 'announce what is dated at or after the events_from of its app', false)
    .option('--again', 'once more, although it was taken over before', false)
    .option('--report <file>', 'where to write which lines were left out, and why')
    .addHelpText(
      'after',
      `
Purchases, the ledger, customers and attributes are taken over. Nothing is announced and nothing delivered, whatever its
date. With --deliver the charges, refunds and ends that are dated at or after the events_from of their app become events
and go to the integrations at once; without it they do so when the store itself next tells of the purchase.
Rows of Google Play carry order ids and no tokens: Google is asked about them when a message, a receipt or
"import purchases" has brought the token.`,
    )
    .action(async (files: readonly string[], flags: ExportFlags) => {
      const config = loadConfig()
      await withImports(config, (door) =>
        importExport(
          config,
          files.map((file) => resolve(file)),
          flags,
          door,
        ),
      )
    })
}
