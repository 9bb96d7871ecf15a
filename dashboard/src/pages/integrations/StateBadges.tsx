import type { DestinationConnector } from '../../api/connectors.ts'
import type { Integration } from '../../api/integrations.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { isUnconfirmed, stateOf } from './state.ts'

interface StateBadgesProps {
  readonly integration: Integration
  readonly destination: DestinationConnector | undefined
}

export function StateBadges({ integration, destination }: StateBadgesProps) {
  const state = stateOf(integration)
  return (
    <>
      {isUnconfirmed(integration, destination) && <StatusBadge status="unconfirmed" />}
      <StatusBadge status={state} {...(state === 'open' ? { text: 'sending' } : {})} />
    </>
  )
}
