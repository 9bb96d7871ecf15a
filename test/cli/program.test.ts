import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tributary } from '../../src/cli/program.ts'
import { type Machine, machine } from './running.ts'

let here: Machine
beforeAll(() => {
  here = machine()
})
afterAll(() => here.dispose())

describe('the command line', () => {
  it('lists what works now and nothing of what is to come', async () => {
    const { code, stdout, stderr } = await here.run(['--help'])
    expect([code, stderr]).toEqual([0, ''])
    const listed = [...stdout.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name)
    expect(listed).toEqual([
      'serve',
      'demo',
      'migrate',
      'config',
      'apply',
      'doctor',
      'backup',
      'restore',
      'heal',
      'members',
      'erase',
      'import',
      'export',
      'simulate',
      'db',
      'help',
    ])
  })

  it('has help on every command, which says what it does', async () => {
    const { commands } = await tributary(null)
    expect(commands.length).toBeGreaterThan(10)
    for (const name of commands.map((command) => command.name())) {
      const whole = (await tributary(name)).commands.find((command) => command.name() === name)
      expect(whole?.description(), name).not.toBe('')
      expect(whole?.helpInformation(), name).toMatch(new RegExp(`^Usage: tributary ${name}`))
    }
  })

  it.each([[['help', 'backup']], [['backup', '--help']]])('explains a command when it is asked %j', async (args) => {
    const { code, stdout } = await here.run(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Usage: tributary backup \[options\]\n\ncopy the embedded database.*--with-key/s)
  })

  it('says its version', async () => {
    expect(await here.run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  })

  it.each([
    [['frobnicate'], "Unknown command 'frobnicate'; see tributary --help.\n"],
    [['serve', '--fast'], "Unknown option '--fast'; see tributary --help.\n"],
    [['apply'], "Required option '-f, --file <file>' not specified; see tributary --help.\n"],
    [['migrate', 'now'], expect.stringMatching(/^Too many arguments.*see tributary --help\.\n$/)],
  ])('answers wrong usage %j with one sentence and 2', async (args, stderr) => {
    expect(await here.run(args)).toEqual({ code: 2, stdout: '', stderr })
  })

  it.each([['replay', '--from', 'x'], ['parity'], ['rekey']])('says "not yet" to %s', async (...args) => {
    expect(await here.run(args)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Not yet: .* comes with a later version\.\n$/),
    })
  })
})
