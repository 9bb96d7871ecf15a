import { describe, expect, it } from 'vitest'
import { rowOf } from '../../src/ingest/import/row.ts'
import { type ExportRecord, exportRecord } from '../fixtures/export-rows.ts'
import { ACME_KEY, memoryHub, OPERATOR_TOKEN } from './in-memory-doors.ts'
import { started } from './started.ts'

const URL = '/api/projects/acme/imports'

function rows(count: number) {
  return Array.from({ length: count }, (_, line) => {
    const record = exportRecord({ store_transaction_id: String(1_000 + line) })
    const read = rowOf((column) => record[column as keyof ExportRecord] ?? '', [0, line])
    if (read.kind === 'skipped') throw new Error(read.reason)
    return read.row
  })
}

describe('imports and exports', () => {
  it('are for the operator alone', async () => {
    const { public: app } = await started()
    const body = { step: 'begin', id: 'imp_1', kind: 'purchases', source: 'tokens.csv' }
    for (const authorization of [undefined, `Bearer ${ACME_KEY}`, 'Operator guessed']) {
      const headers = authorization === undefined ? {} : { authorization }
      for (const url of [URL, '/api/projects/acme/exports']) {
        const answer = await app.inject({ method: 'POST', url, headers, payload: body })
        expect(answer.statusCode, `${url} ${authorization}`).toBe(401)
      }
    }
  })

  it('take a batch of thousands of rows, and refuse one that is none', async () => {
    const hub = memoryHub()
    const { public: app } = await started({ hub })
    const headers = { authorization: `Operator ${OPERATOR_TOKEN}` }
    const batch = { step: 'rows', asOf: 1, announce: false, named: {}, customers: [rows(2_000), rows(500)] }
    const answer = await app.inject({ method: 'POST', url: URL, headers, payload: batch })
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { result: { rows: 2_500 } }])
    expect(hub.acts).toContain('rows acme 2')
    const wrong = await app.inject({
      method: 'POST',
      url: URL,
      headers,
      payload: { ...batch, customers: [[{ ...rows(1)[0], startsAt: 'now' }]] },
    })
    expect(wrong.statusCode).toBe(400)
    const nobody = await app.inject({ method: 'POST', url: '/api/projects/nobody/imports', headers, payload: batch })
    expect(nobody.statusCode).toBe(404)
    const page = { kind: 'customers', after: '', limit: 10 }
    const pages = await app.inject({ method: 'POST', url: '/api/projects/acme/exports', headers, payload: page })
    expect(pages.json()).toEqual({ items: [{ kind: 'customers', projectId: 'acme' }], next: null })
  })
})
