import { describe, expect, it } from 'vitest'
import { Busy, createPasswords, refusePassword } from '../../src/members/passwords.ts'

const QUICK = { cost: 4, blockSize: 1, parallel: 1 }

describe('passwords', () => {
  it('match what was hashed, each hash with its own salt and the cost that it was made with', async () => {
    const passwords = createPasswords(QUICK)
    const [one, two] = [await passwords.hash('correct horse battery'), await passwords.hash('correct horse battery')]
    expect(one).not.toBe(two)
    expect(one).toMatch(/^scrypt\$4\$1\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(await passwords.matches('correct horse battery', one)).toBe(true)
    expect(await passwords.matches('correct horse battery ', one)).toBe(false)
    expect(await createPasswords({ ...QUICK, cost: 5 }).matches('correct horse battery', two)).toBe(true)
    expect(
      await passwords.matches('pa\u0308ssword of a keyboard', await passwords.hash('p\u00e4ssword of a keyboard')),
    ).toBe(true)
  })

  it('do not match where there is none, or something else', async () => {
    const passwords = createPasswords(QUICK)
    for (const stored of [null, '', 'plain', 'scrypt$4$1$1$$', 'scrypt$4$1$1$AAAA$'])
      expect(await passwords.matches('', stored)).toBe(false)
  })

  it('are worked out two at once, 32 wait, and who comes then is told to come again', async () => {
    const passwords = createPasswords(QUICK)
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => passwords.hash('x')))
    const refused = results.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(16)
    for (const { reason } of refused) expect(reason).toBeInstanceOf(Busy)
    expect(await passwords.matches('x', await passwords.hash('x'))).toBe(true)
  })

  it('have 12 to 200 characters and no other rule', () => {
    expect([11, 12, 200, 201].map((length) => refusePassword('🦊'.repeat(length)) === null)).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect(refusePassword('short')).toContain('at least 12')
  })
})
