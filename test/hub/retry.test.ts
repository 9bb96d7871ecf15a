import { expect, it } from 'vitest'
import { api, DAY, post, startInProcess, startWorld, until } from './harness.ts'

interface DeliveryJson {
  readonly id: string
  readonly status: string
  readonly reason: string | null
}

it('a skipped delivery is not sent from an environment that is off; the answer says what to do', async () => {
  const none = { sandbox_write_key: null }
  const world = await startWorld({ segment: none })
  const hub = await startInProcess(world)
  const s = world.sandbox.subscribe({ product: 'com.acme.monthly', price: 9.99, period: 'P1M', at: Date.now() - DAY })
  await post(hub.address, s.opening.body)
  const path = '/api/projects/acme/integrations/segment/deliveries?status=skipped'
  const skipped = async (): Promise<readonly DeliveryJson[]> =>
    (await api<{ readonly items: readonly DeliveryJson[] }>(hub.address, path)).items
  await until('the skipped delivery', async () => (await skipped()).length === 1)
  const [delivery] = await skipped()
  expect(delivery).toMatchObject({ status: 'skipped', reason: 'sandbox_off' })
  await expect(
    api(hub.address, `/api/projects/acme/deliveries/${delivery?.id}/retry`, { method: 'POST' }),
  ).rejects.toThrow(/409.*sends nothing from the sandbox environment; switch that on first/)
})
