import { Group } from '@mantine/core'
import type { App } from '../../api/apps.ts'
import { countText } from '../../parts/money.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { exactTime, msOf } from '../../parts/time.ts'

/** Below this a store that is read is not behind: it is read every few minutes. */
const BEHIND_MS = 3_600_000

/** What is to be known of a store at a glance: whether it is heard, what is refused, how far a history was read. */
export function StoreState({ app }: { readonly app: App }) {
  const { refused, notifications, last_notification: last } = app
  const behind = app.pulled.filter((list) => msOf(list.updated_at) - msOf(list.up_to) > BEHIND_MS)
  const furthest = behind.map((list) => msOf(list.up_to)).sort((a, b) => a - b)[0]
  return (
    <Group gap={6}>
      {last === null && refused.count === 0 && furthest === undefined && (
        <StatusBadge status="unconfirmed" text="nothing heard yet" />
      )}
      {refused.count > 0 && <StatusBadge status="refused" text={`refused ${countText(refused.count)}`} />}
      {notifications.parked > 0 && <StatusBadge status="parked" text={`parked ${countText(notifications.parked)}`} />}
      {furthest !== undefined && <StatusBadge status="waiting" text={`reading history up to ${exactTime(furthest)}`} />}
      {last !== null && refused.count === 0 && notifications.parked === 0 && furthest === undefined && (
        <StatusBadge status="ok" text="receiving" />
      )}
    </Group>
  )
}
