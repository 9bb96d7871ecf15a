import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/http/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void, level = 'info'): string[] {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      )
      done()
    },
  })
  write(createLog({ level }, sink))
  return lines
}

describe('the log', () => {
  it('blots out headers and values that are secret by name', () => {
    const [line] = logged((log) =>
      log.info(
        {
          authorization: 'Bearer canary',
          headers: { authorization: 'Bearer canary', cookie: 'canary' },
          req: { headers: { authorization: 'canary', 'x-clevertap-passcode': 'canary' } },
          settings: { passcode: 'canary', write_key: 'canary' },
        },
        'told',
      ),
    )
    expect(line).not.toContain('canary')
    expect(line).toContain('[redacted]')
  })

  it('writes one line of JSON whatever a stranger sent', () => {
    const lines = logged((log) => log.info({ from: 'x\n{"level":"error","msg":"forged"}' }, 'a\nb'))
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'a\nb',
      name: 'tributary',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    })
  })

  it('keeps to its level', () => {
    expect(logged((log) => log.info('no'), 'warn')).toEqual([])
  })
})
