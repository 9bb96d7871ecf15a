import { Badge, Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import type { Customer } from '../../api/customers.ts'
import { CopyButton } from '../../parts/CopyButton.tsx'
import { Panel } from '../../parts/Panel.tsx'
import classes from './Customers.module.css'

const FIRST = 8

/** All ids under which a customer is known. */
export function Aliases({ customer }: { readonly customer: Customer }) {
  const [all, setAll] = useState(false)
  const { aliases, original_app_user_id: original, last_seen_app_user_id: last } = customer
  const shown = all ? aliases : aliases.slice(0, FIRST)
  return (
    <Panel title="Ids" about="Every id finds this customer, here and in the API." flush>
      {shown.map((alias) => (
        <div key={alias} className={classes.line}>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <Group gap="xs" miw={0}>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {alias}
              </Text>
              {alias === original && aliases.length > 1 && <Mark>first</Mark>}
              {alias === last && aliases.length > 1 && <Mark>last seen</Mark>}
            </Group>
            <CopyButton value={alias} what="the id" />
          </Group>
        </div>
      ))}
      {aliases.length > FIRST && (
        <Group px="md" py="xs">
          <Button variant="subtle" size="xs" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? 'Show fewer' : `Show all ${aliases.length}`}
          </Button>
        </Group>
      )}
    </Panel>
  )
}

function Mark({ children }: { readonly children: string }) {
  return (
    <Badge size="sm" variant="light" color="gray" tt="none" fw={500} radius="sm">
      {children}
    </Badge>
  )
}
