import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import type { Purchase } from '../../api/customers.ts'
import { Panel } from '../../parts/Panel.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { dayText, msOf } from '../../parts/time.ts'
import { storeName } from '../../parts/words.ts'
import classes from './Customers.module.css'

const ENDED: ReadonlySet<string> = new Set(['expired', 'expired_promotional'])

/** What a customer has now; what has ended is folded away. */
export function Purchases({ purchases }: { readonly purchases: readonly Purchase[] }) {
  const [all, setAll] = useState(false)
  const current = purchases.filter(({ status }) => !ENDED.has(status))
  const ended = purchases.filter(({ status }) => ENDED.has(status))
  return (
    <Panel title="Subscriptions and purchases" flush>
      {current.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="sm">
          {ended.length === 0 ? 'Nothing was bought yet.' : 'Nothing is in force now.'}
        </Text>
      )}
      {[...current, ...(all ? ended : [])].map((purchase) => (
        <PurchaseLine
          key={`${purchase.store} ${purchase.environment} ${purchase.chain} ${purchase.line}`}
          {...{ purchase }}
        />
      ))}
      {ended.length > 0 && (
        <Group px="md" py="xs">
          <Button variant="subtle" size="xs" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Hide what has ended' : `Show what has ended (${ended.length})`}
          </Button>
        </Group>
      )}
    </Panel>
  )
}

function PurchaseLine({ purchase }: { readonly purchase: Purchase }) {
  const { status, kind, store, environment, unverified } = purchase
  const bought = kind === 'one_time' && store !== 'promotional' && !ENDED.has(status)
  return (
    <div className={classes.line}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
          {purchase.product_id ?? 'Unknown product'}
        </Text>
        <StatusBadge status={bought ? 'bought' : status} />
      </Group>
      <Text size="sm" c="dimmed">
        {periodText(purchase)}
      </Text>
      <Text size="xs" c="dimmed">
        {storeName(store)}
        {environment === 'sandbox' && ' · sandbox'} · {purchase.chain}
      </Text>
      {unverified !== null && (
        <Text size="xs" mt={4}>
          {unverified}
        </Text>
      )}
    </div>
  )
}

/** `Renews on 3 Nov 2026`: what the period means. */
function periodText({
  kind,
  status,
  store,
  purchased_at: from,
  expires_at: end,
  will_renew: renews,
}: Purchase): string {
  const since = from === null ? null : dayText(msOf(from))
  const until = end === null ? null : dayText(msOf(end))
  if (kind === 'one_time' && store !== 'promotional') return since === null ? 'Bought once' : `Bought on ${since}`
  if (until === null) return since === null ? 'Without an end' : `Since ${since}, without an end`
  switch (status) {
    case 'trial':
      return renews === false ? `Trial until ${until}` : `Trial until ${until}, then paid`
    case 'cancelled_trial':
      return `Cancelled; the trial goes on until ${until}`
    case 'cancelled':
      return `Cancelled; access until ${until}`
    case 'grace_period':
    case 'grace_period_trial':
      return `Could not be charged on ${until}; the store is trying again`
    case 'paused':
      return `Paused since ${until}`
    case 'promotional':
      return `Granted until ${until}`
    case 'expired':
    case 'expired_promotional':
      return `Ended on ${until}`
    case 'active':
    case 'intro':
      return renews === false ? `Ends on ${until}` : `Renews on ${until}`
  }
}
