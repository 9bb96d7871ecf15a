import { accountFrom, actPage, actPlace, linkFrom, listedMemberFrom, sessionFrom } from '../../member-columns.ts'
import type { MemberStorage } from '../../members.ts'
import type { ReadVerbs } from '../read/verbs.ts'
import type { Thread } from '../thread.ts'
import type { WriteVerbs } from '../write/verbs.ts'

export function memberStorage(writer: Thread<WriteVerbs>, reader: Thread<ReadVerbs>): MemberStorage {
  const account = async (by: 'id' | 'email' | 'subject', value: string) => {
    const row = await reader.call('findAccount', { by, value })
    return row === null ? null : accountFrom(row)
  }
  return {
    anyAccount: () => reader.call('anyAccount', null),
    getAccount: (id) => account('id', id),
    findAccount: (email) => account('email', email),
    findAccountBySubject: (subject) => account('subject', subject),
    pageAccounts: async (after, limit) =>
      (await reader.call('pageAccounts', { after, limit })).map((row) => accountFrom(row)),
    changeAccount: (row, end) => writer.call('changeAccount', { row, end }),
    enter: (input) => writer.call('enter', input),
    loadSession: async (hash) => sessionFrom(await reader.call('loadSession', hash)),
    touchSession: (hash, at) => writer.call('touchSession', { hash, at }),
    endSession: (hash) => writer.call('endSession', hash),
    endSessionsOf: (accountId) => writer.call('endSessionsOf', accountId),
    putLink: (row) => writer.call('putLink', row),
    findLink: async (hash) => {
      const row = await reader.call('findLink', hash)
      return row === null ? null : linkFrom(row)
    },
    listInvitations: async (projectId, now) => (await reader.call('listInvitations', { projectId, now })).map(linkFrom),
    invitationsOf: async (email, now) => (await reader.call('invitationsOf', { email, now })).map(linkFrom),
    removeInvitation: (projectId, id) => writer.call('removeInvitation', { projectId, id }),
    listMembers: async (projectId) => (await reader.call('listMembers', projectId)).map(listedMemberFrom),
    hubOwners: async () => (await reader.call('hubOwners', null)).map((row) => accountFrom(row)),
    changeMember: (input) => writer.call('changeMember', input),
    takeTry: (input) => writer.call('takeTry', input),
    clearTries: (name) => writer.call('clearTries', name),
    recordAct: (row) => writer.call('recordAct', row),
    listActs: async ({ projectId, before, limit }) =>
      actPage(await reader.call('listActs', { projectId, before: actPlace(before), limit }), limit),
  }
}
