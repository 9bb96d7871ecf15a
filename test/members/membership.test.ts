import { describe, expect, it } from 'vitest'
import { refuseChange } from '../../src/members/membership.ts'
import { PERMISSIONS, permissionsOf, ROLES } from '../../src/members/roles.ts'

describe('who may change whom', () => {
  const member = (role: (typeof ROLES)[number], hubOwner = false) => ({ role, hubOwner, email: 'x@example.com' })

  it('is an owner for everybody but owners of the hub, and an admin for nobody who is or becomes an owner', () => {
    let allowed = 0
    for (const from of ROLES) {
      for (const to of [...ROLES, null]) {
        expect(refuseChange('owner', member(from), to)).toBeNull()
        expect(refuseChange('owner', member(from, true), to)).toContain('owns this hub')
        const refusal = refuseChange('admin', member(from), to)
        expect(refusal === null).toBe(from !== 'owner' && to !== 'owner')
        if (refusal === null) allowed += 1
        else expect(refusal).toMatch(/\.$/)
      }
    }
    expect(allowed).toBe(20)
    expect(refuseChange('admin', null, 'owner')).not.toBeNull()
    expect(refuseChange('admin', null, 'admin')).toBeNull()
  })
})

describe('permissions', () => {
  it('shrink from role to role, and a key makes neither keys nor members', () => {
    const counts = ROLES.map((role) => permissionsOf(role).length)
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    expect(counts[0]).toBe(PERMISSIONS.length)
    expect(permissionsOf('viewer')).toEqual(['read'])
    for (const barred of ['keys', 'members'] as const) expect(permissionsOf('key')).not.toContain(barred)
    for (const role of ['marketer', 'viewer'] as const) expect(permissionsOf(role)).not.toContain('personal')
  })
})
