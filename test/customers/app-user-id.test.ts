import { describe, expect, it } from 'vitest'
import { refuseAppUserId } from '../../src/customers/app-user-id.ts'

describe('app user ids', () => {
  it.each([
    'user-1',
    'User 1',
    '$RCAnonymousID:87c6049c58069238dce29853916d624c',
    'ü@example.com',
    'x'.repeat(100),
    '00',
    'nullable',
  ])('takes %j', (id) => {
    expect(refuseAppUserId(id)).toBeNull()
  })

  it.each([
    'no_user',
    'null',
    'none',
    'nil',
    '(null)',
    'NaN',
    '\\x00',
    '""',
    'unidentified',
    'undefined',
    'unknown',
    'anonymous',
    'guest',
    '-1',
    '0',
    '[]',
    '{}',
    '[object Object]',
    ' null ',
    'a/b',
    'x'.repeat(101),
    'a\u0000b',
    'a\nb',
    'a\ud800',
  ])('refuses %j', (id) => {
    expect(refuseAppUserId(id)?.fault).toBe('invalid')
  })

  it.each(['', '  '])('tells the empty id %j apart', (id) => {
    expect(refuseAppUserId(id)?.fault).toBe('empty')
  })
})
