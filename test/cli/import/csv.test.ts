import { describe, expect, it } from 'vitest'
import { csvLine, openCsv, unescaped } from '../../../src/cli/import/csv.ts'
import { randomOf } from '../../seed.ts'

interface Read {
  readonly records: { readonly cells: readonly string[]; readonly line: number }[]
  readonly faults: number[]
}

function read(pieces: readonly string[]): Read {
  const found: Read = { records: [], faults: [] }
  const csv = openCsv({
    record: (cells, line) => found.records.push({ cells, line }),
    fault: (line) => found.faults.push(line),
  })
  for (const piece of pieces) csv.write(piece)
  csv.end()
  return found
}

const cellsOf = (...pieces: string[]): readonly (readonly string[])[] => read(pieces).records.map(({ cells }) => cells)

describe('CSV', () => {
  it('takes both line ends, a byte order mark, quotes, and a last line without an end', () => {
    expect(cellsOf('\uFEFFa,b\r\n1,"x, ""y""\r\nz"\r\n\r\n"",2\n3,')).toEqual([
      ['a', 'b'],
      ['1', 'x, "y"\r\nz'],
      ['', '2'],
      ['3', ''],
    ])
  })

  it('names the line that a record begins on, whatever its cells hold', () => {
    expect(read(['a\n"1\n2\n3"\n4\n']).records.map(({ line }) => line)).toEqual([1, 2, 5])
  })

  it('gives the same records in whatever pieces the text comes', () => {
    const random = randomOf('csv pieces')
    const alphabet = ['a', ',', '"', '\n', '\r\n', ' ', 'ü', '🦊', "'", '=']
    let seen = 0
    for (let n = 0; n < 300; n += 1) {
      const text = Array.from({ length: 60 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
      const whole = read([text])
      const cut = Math.floor(random() * text.length)
      const again = Math.floor(random() * (text.length - cut)) + cut
      expect(read([text.slice(0, cut), text.slice(cut, again), text.slice(again)]), JSON.stringify(text)).toEqual(whole)
      seen += 1
    }
    expect(seen).toBe(300)
  })

  it('a cell of 1 MB is read; a quote that nobody closes costs its own line and not the file', () => {
    const big = 'x'.repeat(1_048_576)
    const pieces = `a,b\n1,"${big}"\n`.match(/[\s\S]{1,100000}/g) ?? []
    expect(cellsOf(...pieces).at(-1)).toEqual(['1', big])
    const rows = Array.from({ length: 200_000 }, (_, n) => `${n},"cell ${n}"`).join('\n')
    const { records, faults } = read([`a,b\nbroken,"open\n${rows}\n`])
    expect(records.length + faults.length).toBeGreaterThan(199_000)
  })

  it('what is written is read back, and no cell begins as a formula', () => {
    const random = randomOf('csv cells')
    const alphabet = ['=', '+', '-', '@', "'", '"', ',', '\n', '\r', '\t', 'a', ' ', 'é']
    let seen = 0
    for (let n = 0; n < 500; n += 1) {
      const cell = Array.from(
        { length: Math.floor(random() * 6) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join('')
      const text = csvLine([cell, 'end'])
      expect(text, JSON.stringify(cell)).toMatch(/^"?[^=+\-@\t\r"]|^,|^"{2,}/)
      expect(cellsOf(text)[0]?.map(unescaped), JSON.stringify(cell)).toEqual([cell, 'end'])
      seen += 1
    }
    expect(seen).toBe(500)
  })
})
