import { describe, expect, it } from 'vitest'
import { type Channels, createChannels } from '../../src/delivery/channels.ts'
import { refuseRetry } from '../../src/delivery/replay.ts'
import { segment } from '../../src/destinations/segment/index.ts'
import type { Integration } from '../../src/domain/project.ts'
import { openDisk } from './ground.ts'
import { segmentIntegration } from './harness.ts'

const INTEGRATION = segmentIntegration('acme')

async function refusals(...integrations: readonly Integration[]): Promise<readonly (string | null)[]> {
  const disk = await openDisk()
  try {
    const channels: Channels = createChannels(disk.storage, () => segment)
    await channels.refresh(integrations, 0)
    return (['production', 'sandbox'] as const).map((one) => refuseRetry(channels, 'acme', 'segment', one))
  } finally {
    await disk.remove()
  }
}

describe('sending again', () => {
  it('is refused where nothing would ever take it, with what to switch on', async () => {
    expect(await refusals(INTEGRATION)).toEqual([
      null,
      'The integration segment sends nothing from the sandbox environment; switch that on first.',
    ])
    expect(await refusals({ ...INTEGRATION, sandbox: true })).toEqual([null, null])
    const off = 'The integration segment is switched off and sends nothing; switch it on first.'
    expect(await refusals({ ...INTEGRATION, sandbox: true, enabled: false })).toEqual([off, off])
    expect(await refusals()).toEqual([
      'The integration segment sends nothing from the production environment; switch that on first.',
      'The integration segment sends nothing from the sandbox environment; switch that on first.',
    ])
  })
})
