import { describe, expect, it } from 'vitest'
import type { Field } from '../../src/domain/field.ts'
import { maskedSettings } from '../../src/http/masked-settings.ts'
import { fieldRows, fieldsSchema, fitted, mapSecrets, secretsOf } from '../../src/settings/declared.ts'
import { changesOf } from '../../src/settings/difference.ts'
import { CATALOGUE } from './fixture.ts'

const FIELDS: readonly Field[] = [
  { key: 'host', type: 'text', label: 'Host', help: 'Where.', default: 'x' },
  {
    key: 'login',
    type: 'object',
    label: 'Login',
    help: 'How.',
    fields: [
      { key: 'user', type: 'text', label: 'User', help: 'Who.', group: 'login' },
      { key: 'pass', type: 'secret', label: 'Pass', help: 'What.', group: 'login' },
      {
        key: 'deep',
        type: 'object',
        label: 'Deep',
        help: 'Deep.',
        fields: [{ key: 'pin', type: 'secret', label: 'Pin', help: 'Pin.' }],
      },
    ],
  },
]
const VALUES = { host: 'x', login: { user: 'me', pass: 'canary-long-pass', deep: { pin: 'canary-long-pin' } } }

function messagesOf(value: unknown): readonly string[] {
  const parsed = fieldsSchema(FIELDS).safeParse(value)
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
}

describe('a list of secrets', () => {
  const fields: readonly Field[] = [
    {
      key: 'hooks',
      type: 'secrets',
      label: 'Hooks',
      help: 'Hooks.',
      pattern: 'w_.{4,}',
      patternHelp: 'begins with w_.',
    },
  ]
  const values = { hooks: ['w_first', 'w_second'] }

  it('is checked item by item, and a lone text is a list of one', () => {
    const schema = fieldsSchema(fields)
    expect(schema.safeParse(values).success).toBe(true)
    expect(schema.safeParse({ hooks: [] }).success).toBe(false)
    expect(schema.safeParse({ hooks: ['w_first', 'x'] }).success).toBe(false)
    expect(fitted(fields, { hooks: 'w_first' }, [], () => null)).toEqual({ hooks: ['w_first'] })
  })

  it('is sealed and masked item by item, each to its place', () => {
    expect(secretsOf(fields, values)).toEqual(['w_first', 'w_second'])
    expect(mapSecrets(fields, values, (_, path) => path)).toEqual({ hooks: ['hooks.0', 'hooks.1'] })
    const shown = JSON.stringify(maskedSettings(fields, { hooks: ['w_a_long_secret_1234', 'w_second'] }))
    expect(JSON.parse(shown)).toEqual({ hooks: [{ set: true, last4: '1234' }, { set: true }] })
    expect(fieldRows(fields).map(({ kind }) => kind)).toEqual(['list of secrets'])
  })
})

describe('declared fields', () => {
  it('give validation: defaults, groups, unknown keys', () => {
    expect(fieldsSchema(FIELDS).parse({})).toEqual({ host: 'x', login: { deep: {} } })
    expect(fieldsSchema(FIELDS).parse(VALUES)).toEqual(VALUES)
    expect(messagesOf({ login: { user: 'me' } })).toEqual(['login.pass is missing: it goes with user. What.'])
    expect(messagesOf({ hots: 'x' })).toEqual([' is not known here; known are host, login'])
    expect(messagesOf('text')).toEqual([' must be a group of keys and values'])
    expect(messagesOf({ host: {} })).toEqual(['host must be text'])
  })

  it('give masking and sealing at any depth', () => {
    expect(secretsOf(FIELDS, VALUES)).toEqual(['canary-long-pass', 'canary-long-pin'])
    expect(mapSecrets(FIELDS, VALUES, (_, path) => path)).toEqual({
      host: 'x',
      login: { user: 'me', pass: 'login.pass', deep: { pin: 'login.deep.pin' } },
    })
    const destination = { id: 'fake', title: 'Fake', fields: FIELDS, refuseEventName: () => null }
    const catalogue = { ...CATALOGUE, destinations: new Map([['fake', destination]]) }
    const body = {
      destination: 'fake',
      enabled: true,
      mode: 'live',
      live_from: null,
      sandbox: false,
      event_names: {},
      settings: VALUES,
    } as const
    const shown = changesOf(null, { kind: 'integration', projectId: 'p', id: 'i', body }, catalogue)
    expect(JSON.stringify(shown)).not.toContain('canary')
    expect(shown).toContainEqual({ path: 'settings.login.deep.pin', from: null, to: '••••-pin' })
  })

  it('give the reference table', () => {
    expect(fieldRows(FIELDS).map(({ path, kind, fallback }) => [path, kind, fallback])).toEqual([
      ['host', 'text', 'x'],
      ['login.user', 'text', '–'],
      ['login.pass', 'secret', '–'],
      ['login.deep.pin', 'secret', '–'],
    ])
  })

  it('have help, a label and working defaults in every connector', () => {
    const lists = [...CATALOGUE.stores.values(), ...CATALOGUE.destinations.values()].map(({ fields }) => fields)
    expect(lists.length).toBeGreaterThanOrEqual(3)
    const fields = lists.flat()
    expect(fields.length).toBeGreaterThan(20)
    expect(fields.filter(({ help, label }) => help === '' || label === '')).toEqual([])
    for (const field of fields) {
      const alone = { ...field, required: false } as Field
      expect(fieldsSchema([alone]).safeParse({}).success, field.key).toBe(true)
    }
  })
})
