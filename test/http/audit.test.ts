import { describe, expect, it } from 'vitest'
import { ACME_KEY, OPERATOR_TOKEN } from './in-memory-doors.ts'
import { type Started, started } from './started.ts'

const act = (servers: Started, path: string) =>
  servers.public.inject({
    method: 'POST',
    url: `/api/projects/acme${path}`,
    headers: { authorization: `Bearer ${ACME_KEY}` },
    payload: path === '/customers/user-1/grants' ? { entitlement: 'premium', duration: 'weekly' } : {},
  })

/** A hub whose audit log cannot be written. */
async function withoutAudit(): Promise<Started> {
  const servers = await started()
  servers.hub.recordAct = () => Promise.reject(new Error('the disk is full'))
  return servers
}

const errorsOf = ({ lines }: Started) => lines.filter(({ level }) => level === 'error' || level === 50)

describe('an act that the audit log could not take', () => {
  it('is answered as what it is, done, and stands in the log at the level of errors', async () => {
    const servers = await withoutAudit()
    const answer = await act(servers, '/integrations/segment/pause')
    expect(answer.statusCode).toBe(200)
    expect(servers.hub.acts).toContain('pause acme segment key backend')
    expect(errorsOf(servers)).toMatchObject([
      { act: 'pause', kind: 'integration', on: 'segment', project: 'acme', by: 'key backend' },
    ])
    expect(JSON.stringify(errorsOf(servers))).toContain('the disk is full')
  })

  it('names no customer there', async () => {
    const servers = await withoutAudit()
    expect((await act(servers, '/customers/user-1/grants')).statusCode).toBe(200)
    expect(errorsOf(servers)).toMatchObject([{ act: 'grant', kind: 'customer', on: 'a customer', changes: [] }])
    expect(JSON.stringify(errorsOf(servers))).not.toContain('user-1')
  })

  it('lets whoever takes an invitation come in', async () => {
    const servers = await withoutAudit()
    const wish = { projectId: 'acme', email: 'ben@example.com', role: 'viewer', createdBy: 'ana' } as const
    const { token } = await servers.hub.doors.members.invite(wish)
    const payload = { token, name: 'Ben', password: 'a long enough password' }
    const answer = await servers.public.inject({ method: 'POST', url: '/api/links/use', payload })
    expect(answer.statusCode).toBe(200)
    expect(errorsOf(servers)).toMatchObject([{ act: 'join', kind: 'member', on: 'ben@example.com' }])
  })
})

describe('a config file of the operator', () => {
  const apply = (servers: Started) =>
    servers.public.inject({
      method: 'POST',
      url: '/api/apply',
      headers: { authorization: `Operator ${OPERATOR_TOKEN}`, 'content-type': 'application/yaml' },
      payload: 'version: 1\n',
    })
  const done = {
    projectId: 'acme',
    act: 'update',
    kind: 'integration',
    id: 'segment',
    changes: [{ path: 'event_names.renewal', from: 'Renewed', to: null }],
  } as const

  it('leaves a row for each thing that it changed', async () => {
    const servers = await started()
    servers.hub.apply = { kind: 'planned', applied: true, changes: ['~ segment'], notes: [], acts: [done] }
    const answer = await apply(servers)
    expect(answer.json()).toEqual({ applied: true, changes: ['~ segment'], notes: [] })
    expect(servers.hub.audit).toEqual([{ ...done, actor: { kind: 'operator', id: 'operator', name: 'the operator' } }])
  })

  it('is applied where the audit log cannot be written', async () => {
    const servers = await withoutAudit()
    servers.hub.apply = { kind: 'planned', applied: true, changes: ['~ segment'], notes: [], acts: [done] }
    expect((await apply(servers)).statusCode).toBe(200)
    expect(errorsOf(servers)).toMatchObject([{ act: 'update', on: 'segment', by: 'the operator' }])
  })
})
