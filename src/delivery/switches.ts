import type { Integration } from '../domain/project.ts'
import { ENVIRONMENTS } from '../domain/purchase.ts'
import type { ChannelRow } from '../storage/rows.ts'
import { channelIdOf, opened, pausedByPerson, probedAtStart } from './channel.ts'
import type { Channels } from './channels.ts'
import type { DeliveryPort } from './port.ts'

/** What people do to the channels of an integration: pause, resume, give it other settings. */
export interface Switches {
  channelsOf(projectId: string, integrationId: string): readonly ChannelRow[]
  pause(projectId: string, integrationId: string, by: string): Promise<readonly ChannelRow[]>
  resume(projectId: string, integrationId: string): Promise<readonly ChannelRow[]>
  /** Refused credentials, addresses and records are worth another try as soon as the integration is another. */
  reopenChanged(integrations: readonly Integration[]): Promise<void>
}

export function createSwitches(channels: Channels, port: Pick<DeliveryPort, 'now'>): Switches {
  /** Integration → what its channels were last opened with. */
  const seen = new Map<string, string>()

  const channelsOf = (projectId: string, integrationId: string): readonly ChannelRow[] =>
    ENVIRONMENTS.flatMap((environment) => channels.get(projectId, channelIdOf(integrationId, environment)) ?? [])

  const changeAll = async (
    projectId: string,
    integrationId: string,
    compute: (row: ChannelRow) => ChannelRow,
  ): Promise<readonly ChannelRow[]> => {
    const changed: ChannelRow[] = []
    for (const row of channelsOf(projectId, integrationId)) {
      const after = await channels.change(projectId, row.channelId, compute)
      if (after !== null) changed.push(after)
    }
    return changed
  }

  return {
    channelsOf,
    pause: (projectId, integrationId, by) =>
      changeAll(projectId, integrationId, (row) => pausedByPerson(row, by, port.now())),
    resume: (projectId, integrationId) =>
      changeAll(projectId, integrationId, (row) => (row.state === 'open' ? row : opened(row, port.now()))),
    reopenChanged: async (integrations) => {
      for (const { projectId, id, settings, sandbox, eventNames } of integrations) {
        const key = `${projectId}\n${id}`
        const now = JSON.stringify([settings, sandbox, eventNames])
        const before = seen.get(key)
        seen.set(key, now)
        if (before === now) continue
        await changeAll(projectId, id, (row) => {
          if (before === undefined) return probedAtStart(row, port.now())
          return row.state === 'paused' && row.pausedBy !== 'person' ? opened(row, port.now()) : row
        })
      }
    },
  }
}
