import { createHash } from 'node:crypto'
import type { Values } from '../../storage/columns.ts'
import type { CopyTable } from '../../storage/copy.ts'

/**
 * Number and hash of a table's rows, the same for the same rows on any driver. Each row is hashed (SHA-256 over its
 * canonical text) and the hashes are added up modulo 2²⁵⁶, so that drivers may read in their own order; where the order
 * matters, a row's place is part of its text.
 */
export interface Digest {
  add(rows: readonly Values[]): void
  readonly rows: number
  hex(): string
}

const WORDS = 8

export function openDigest(table: CopyTable): Digest {
  const sum = new Uint32Array(WORDS)
  let rows = 0
  return {
    add(piece) {
      for (const row of piece) {
        rows += 1
        const hash = createHash('sha256')
          .update(textOf(table.ordered ? [rows, ...row] : row))
          .digest()
        let carry = 0
        for (let word = WORDS - 1; word >= 0; word -= 1) {
          const total = (sum[word] ?? 0) + hash.readUInt32BE(word * 4) + carry
          sum[word] = total >>> 0
          carry = total > 0xffff_ffff ? 1 : 0
        }
      }
    },
    get rows() {
      return rows
    },
    hex: () => [...sum].map((word) => word.toString(16).padStart(8, '0')).join(''),
  }
}

/** JSON, bytes in base64 inside an array of their own, so that no text looks like them. */
function textOf(row: Values): string {
  return JSON.stringify(
    row.map((value) => (value instanceof Uint8Array ? [Buffer.from(value).toString('base64')] : value)),
  )
}
