import { afterAll, describe, expect, it } from 'vitest'
import { PATIENT } from '../patience.ts'
import { machine } from './running.ts'

describe('the first account and whoever is locked out', () => {
  const here = machine()
  afterAll(() => here.dispose())

  const linkIn = (text: string): string => /\/link#([\w-]{43})/.exec(text)?.[1] ?? ''
  const use = async (address: string, body: object) =>
    fetch(`${address}/api/links/use`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const ana = { email: 'ana@example.com', name: 'Ana', password: 'a long enough password' }

  it('comes in by the link of the last start, then by one of the operator', async () => {
    const first = await here.serve()
    await expect.poll(() => linkIn(first.log()), PATIENT).not.toBe('')
    const old = linkIn(first.log())
    await first.stop()
    const hub = await here.serve()
    await expect.poll(() => linkIn(hub.log()), PATIENT).not.toBe('')
    const token = linkIn(hub.log())
    expect(hub.log().split(token)).toHaveLength(2)
    const project = { id: 'acme', name: 'Acme' }
    expect((await use(hub.address, { token: old, ...ana, project })).status).toBe(404)
    // A new set-up link takes the place of the printed one.
    const made = linkIn((await here.run(['members', 'link'])).stdout)
    expect((await use(hub.address, { token, ...ana, project })).status).toBe(404)
    const set = await use(hub.address, { token: made, ...ana, project })
    expect(set.status).toBe(200)
    expect(await set.json()).toMatchObject({ projects: [{ id: 'acme', name: 'Acme', role: 'owner' }] })
    expect((await here.run(['members', 'list'])).stdout).toMatch(/^ana@example\.com {2}Ana {2}owns the hub {2}seen 20/)
    const link = await here.run(['members', 'link', '--email', ana.email])
    expect(link.stdout).toContain(`${hub.address}/link#`)
    expect((await use(hub.address, { token: linkIn(link.stdout) })).status).toBe(200)
    expect((await use(hub.address, { token: linkIn(link.stdout) })).status).toBe(404)
    await hub.stop()
  }, 120_000)
})
