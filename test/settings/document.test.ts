import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentFrom, readDocument } from '../../src/settings/document.ts'
import { seed } from '../seed.ts'
import { CANARIES, documentOf, FULL, problemsOf, SOURCES, sentencesOf } from './fixture.ts'

describe('reading a config file', () => {
  it('fills in variables and files, and remembers lines', () => {
    const document = documentOf(
      'a: ${PASSCODE}\nb:\n  - "x-${NUMBER}-y"\n  - { file: AuthKey.p8 }\nc: $${NUMBER}\nd: 0123\n',
    )
    expect(document.value).toMatchObject({
      a: 'canary-passcode',
      b: ['x-123456789-y', expect.stringMatching(/^-----BEGIN.*KEY-----$/s)],
      c: '${NUMBER}',
    })
    expect(document.lines).toMatchObject({ '/a': 1, '/b': 2, '/b/0': 3, '/b/1': 4, '/c': 5, '/d': 6 })
    expect(document.texts).toEqual({ '/d': '0123' })
  })

  it('follows aliases', () => {
    expect(documentOf('a: &x { k: 1 }\nb: *x\n').value).toEqual({ a: { k: 1 }, b: { k: 1 } })
  })

  it.each([
    ['a: [1\nb: 2', 'tributary.yaml:2: '],
    ['a: 1\na: 2', 'tributary.yaml:2: A key of this group stands here for the second time'],
    ['a:\n\tb: 1', 'tributary.yaml:2: A tab indents this line'],
    ['a: *x', 'tributary.yaml:1: The *name here has no &name before it'],
    ['a: 1\n---\nb: 2', 'tributary.yaml:2: A second document begins here'],
    ['a: 1\nb: !secret x', 'tributary.yaml:2: A tag (!name) stands here'],
    ['a: 1\nb: ${MISSING}', 'tributary.yaml:2: The environment variable MISSING is not set'],
    ['a: "${no name}"', 'tributary.yaml:1: A dollar sign with a brace must hold a name'],
    ['a: 1\n\nb: { file: none.p8 }', 'tributary.yaml:3: The file none.p8 cannot be read'],
    ['__proto__: { a: 1 }', 'tributary.yaml:1: The key __proto__ is not allowed'],
    ['a: 1\n? [b]\n: c', 'tributary.yaml:2: A key must be a single word'],
    ['['.repeat(200), 'tributary.yaml:1: '],
    [`a: ${'{ x: '.repeat(100)}1${' }'.repeat(100)}`, 'tributary.yaml:1: is nested too deeply or has too many values'],
    [`#${'x'.repeat(1_100_000)}`, 'tributary.yaml:1: is larger than 1 MiB'],
  ])('names the line: %j', (text, sentence) => {
    const read = readDocument(text, SOURCES)
    const sentences = sentencesOf(text)
    expect(read.kind).toBe('problems')
    expect(sentences[0]).toContain(sentence)
  })

  it('is not blown up by aliases of aliases', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `k${i + 1}: &a${i + 1} [${Array(12).fill(`*a${i}`).join(', ')}]`)
    expect(sentencesOf(['k0: &a0 [x]', ...lines].join('\n'))).toEqual([expect.stringContaining('too many values')])
  })

  it('survives the journey as JSON', () => {
    const document = documentOf(FULL)
    expect(documentFrom(JSON.parse(JSON.stringify(document)))).toEqual(document)
    expect([
      documentFrom(null),
      documentFrom({}),
      documentFrom({ name: 'x', value: 1, lines: { a: 0 }, texts: {} }),
    ]).toEqual([null, null, null])
  })

  it('never repeats the text in a message, however it is broken', () => {
    const positions = Array.from({ length: 50 }, (_, i) => Math.floor((FULL.length / 50) * i))
    const broken = positions.flatMap((at) =>
      ['"', '{', '}', '\t', '\n', '*', ': '].map((mark) => FULL.slice(0, at) + mark + FULL.slice(at)),
    )
    const sentences = broken.flatMap(sentencesOf)
    expect(sentences.length).toBeGreaterThan(250)
    expect(sentences.filter((sentence) => CANARIES.some((canary) => sentence.includes(canary)))).toEqual([])
  })

  it('takes any text and gives problems with lines of that text', () => {
    const yamlish = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'version: 1',
          'projects:',
          '  - id: x',
          '    apps:',
          '      - store: app_store',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '&a',
          '*a',
          '"',
          "'",
          '|',
          '>',
          '? ',
          ': ',
          '!t ',
          '%',
          '---',
          '\n',
          '\n',
          '  ',
          '${X}',
          '{ file: x }',
        ),
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yamlish.map((parts) => parts.join('')),
          yamlish.map((parts) => parts.join('\n')),
        ),
        (text) => {
          const last = text.split(/\r\n|\n|\r/).length
          for (const { line, message } of problemsOf(text)) {
            expect(line).toBeGreaterThanOrEqual(1)
            expect(line).toBeLessThanOrEqual(last)
            expect(message).not.toBe('')
          }
        },
      ),
      { seed, numRuns: 1000 },
    )
  })
})
