import { Button, Group, ScrollArea, Table, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Purchase, Transaction } from '../../api/customers.ts'
import { LinkText } from '../../parts/links.tsx'
import { MoneyText } from '../../parts/MoneyText.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { msOf } from '../../parts/time.ts'
import { storeName, words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'

interface Line {
  readonly purchase: Purchase
  readonly one: Transaction
}

const FIRST = 15

/** The ledger of a customer's purchases, newest first. */
export function Transactions({ transactions }: { readonly transactions: readonly Line[] }) {
  const [all, setAll] = useState(false)
  const newest = useMemo(() => [...transactions].sort((a, b) => msOf(b.one.at) - msOf(a.one.at)), [transactions])
  const shown = all ? newest : newest.slice(0, FIRST)
  return (
    <Panel title="Transactions" about="Every amount that moved, as the ledger has it." flush>
      {newest.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No money has moved yet.
        </Text>
      ) : (
        <ScrollArea type="auto" viewportProps={{ tabIndex: 0, 'aria-label': 'Transactions, scrolls sideways' }}>
          <Table miw={900} verticalSpacing="xs" horizontalSpacing="md" fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>Product</Table.Th>
                <Table.Th>Store</Table.Th>
                <Table.Th ta="right">Amount</Table.Th>
                <Table.Th ta="right">Commission</Table.Th>
                <Table.Th ta="right">Taxes</Table.Th>
                <Table.Th>Transaction</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((line) => (
                <TransactionRow key={`${line.purchase.chain} ${line.purchase.line} ${line.one.entry}`} {...line} />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      {newest.length > FIRST && (
        <Group px="md" py="xs">
          <Button variant="subtle" size="xs" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show fewer' : `Show all ${countText(newest.length)}`}
          </Button>
        </Group>
      )}
    </Panel>
  )
}

function TransactionRow({ purchase, one }: Line) {
  const { id: project } = useProject()
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <TimeText at={one.at} as="exact" />
      </Table.Td>
      <Table.Td>
        {one.event_id === null ? (
          words(one.reason)
        ) : (
          <LinkText to="/$project/events/$id" params={{ project, id: one.event_id }} size="sm">
            {words(one.reason)}
          </LinkText>
        )}
        {purchase.environment === 'sandbox' && ' (sandbox)'}
      </Table.Td>
      <Table.Td>{one.product_id}</Table.Td>
      <Table.Td>{storeName(purchase.store)}</Table.Td>
      <Table.Td ta="right">
        <MoneyText micros={one.micros} currency={one.currency ?? ''} />
      </Table.Td>
      <Table.Td ta="right" className="figures">
        {percent(one.commission_ppm)}
      </Table.Td>
      <Table.Td ta="right" className="figures">
        {percent(one.tax_ppm)}
      </Table.Td>
      <Table.Td ff="monospace" fz="xs" style={{ overflowWrap: 'anywhere' }}>
        {one.transaction_id}
      </Table.Td>
    </Table.Tr>
  )
}

function percent(ppm: number): string {
  return `${(ppm / 10_000).toLocaleString(undefined, { maximumFractionDigits: 2 })} %`
}
