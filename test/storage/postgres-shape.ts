import { expect } from 'vitest'
import { statements } from '../../src/storage/postgres/connection.ts'
import type { Side } from './postgres-side.ts'

/** The schema in words that do not depend on the version of the server. */
export async function schemaOf(side: Side): Promise<string> {
  const columns = await side.query(`
    SELECT c.relname, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END
      || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
      || CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
      || CASE WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END
      || CASE WHEN a.attstorage <> t.typstorage THEN ' STORAGE ' || a.attstorage::text ELSE '' END
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'tributary'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum`)
  const options = new Map(
    (
      await side.query(`SELECT relname, array_to_string(reloptions, ', ') FROM pg_class
        WHERE relnamespace = 'tributary'::regnamespace AND reloptions IS NOT NULL`)
    ).map(([name, list]) => [String(name), ` WITH (${String(list)})`]),
  )
  const rest = await side.query(`
    SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'tributary'
    UNION ALL SELECT sequencename, 'CREATE SEQUENCE ' || sequencename FROM pg_sequences
      WHERE schemaname = 'tributary' AND sequencename NOT LIKE '%\\_n\\_seq'
    ORDER BY 1, 2`)
  const tables = Map.groupBy(columns, ([name]) => String(name))
  const texts = [...tables].map(([name, list]) => {
    const indexes = rest.filter(([table]) => table === name).map(([, text]) => `${String(text)};\n`)
    return `CREATE TABLE ${name} (\n${list.map(([, text]) => `  ${String(text)}`).join(',\n')}\n)${options.get(name) ?? ''};\n${indexes.join('')}`
  })
  const sequences = rest.filter(([name]) => !tables.has(String(name))).map(([, text]) => `${String(text)};\n`)
  return [...texts, ...sequences].join('\n').replaceAll('tributary.', '')
}

/** Small by nature, or looked at whole on purpose. */
const MAY_SCAN =
  /Seq Scan on (channels|slots|settings|secret_keys|meta|migrations|cursors|app_inbox|delivery_counts|last_position|packed_bodies|queue_holds|customer_moves|exchange_rates|pg_\w+)\b/

/** Tables that grow with the customers: one of their rows is found by the whole of a key. */
const GROWING =
  /(Index Scan|Index Only Scan) .*on (notifications|notification_bodies|purchases|links|customers|aliases|ledger|attribute_sets|events|event_places|deliveries|attempts|queues|channel_customers)\b/

/** Statements that walk an index in its order and end early, read what is due, or look through what is claimed. */
const WALKS =
  /ORDER BY (at, store, chain|a\.app_user_id|id LIMIT|p\.store, p\.environment|c\.email|c\.last_seen_at|h\.at|m\.n LIMIT|due_at|check_at|lease_until|n |b\.received_at|a\.at|d\.created_at|p\.position|m\.n|m\.due_at|d\.n|n DESC|d\.may_go_at|(m\.)?project_id LIMIT)|SELECT max\(b\.n\)|^SELECT \(EXISTS|owner = ANY|^SELECT o\.owner/

export interface Fault {
  readonly sql: string
  readonly line: string
}

/** Every statement that this process has run, with what its plan reads that it should not. Plans are made as in the driver. */
export async function badPlans(side: Side): Promise<{ readonly seen: number; readonly faults: readonly Fault[] }> {
  await side.query(`SET enable_seqscan = off`)
  for (const setting of ['enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin'])
    await side.query(`SET ${setting} = off`)
  await side.query('SET random_page_cost = 1.1')
  await side.query('SET plan_cache_mode = force_generic_plan')
  const faults: Fault[] = []
  let seen = 0
  for (const sql of statements()) {
    if (!/\b(FROM|INTO|UPDATE)\b/.test(sql)) continue
    seen += 1
    const count = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)))
    await side.query(`PREPARE plan${seen} AS ${sql}`)
    const nulls = count === 0 ? '' : `(${Array.from({ length: count }, () => 'NULL').join(', ')})`
    const lines = (await side.query(`EXPLAIN EXECUTE plan${seen}${nulls}`)).map(([line]) => String(line))
    await side.query(`DEALLOCATE plan${seen}`)
    for (const [index, line] of lines.entries()) {
      if (/Seq Scan/.test(line) && !MAY_SCAN.test(line)) faults.push({ sql, line })
      // What is in flight is bounded by the slots, whatever waits.
      if (!GROWING.test(line) || WALKS.test(sql) || line.includes('queues_claimed')) continue
      const condition = lines[index + 1] ?? ''
      const columns = condition.match(/\b\w+ = /g)?.length ?? 0
      if (!/Index Cond/.test(condition) || columns < 2) faults.push({ sql, line: `${line.trim()} ${condition.trim()}` })
    }
  }
  expect(seen).toBeGreaterThan(80)
  return { seen, faults }
}
