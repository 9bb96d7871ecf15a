import { beforeEach, describe } from 'vitest'
import { memberSuite } from '../storage/suite/members.ts'
import { memoryMembers } from './member-storage.ts'

describe('members in maps do as the storage does', () => {
  let storage: ReturnType<typeof memoryMembers> | undefined
  beforeEach(() => {
    storage = memoryMembers()
  })
  memberSuite(() => {
    if (storage === undefined) throw new Error('no storage is open')
    return storage
  })
})
