import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Overview } from '../../api/overview.ts'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { durationText } from '../../parts/time.ts'
import { useProject } from '../../project.ts'
import classes from './Overview.module.css'

const COLUMNS = ['Delivered', 'Waiting', 'Failed', 'Skipped', 'Median', 'p95'] as const

export function IntegrationHealth({ overview }: { readonly overview: Overview }) {
  const { id } = useProject()
  const { integrations } = overview
  return (
    <Panel title="Delivery" about="From what happened at the store to the destination's answer." flush>
      {integrations.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No destination is connected yet.{' '}
          <LinkText to="/$project/integrations" params={{ project: id }} size="sm" underline="always">
            Connect one
          </LinkText>
        </Text>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>Integration</th>
              <th>State</th>
              {COLUMNS.map((name) => (
                <th key={name} className={classes.right}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {integrations.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  <Link to="/$project/integrations/$id" params={{ project: id, id: one.id }}>
                    {one.title}
                    {one.id === one.destination ? '' : ` · ${one.id}`}
                  </Link>
                </th>
                <td data-label="State">
                  <StatusBadge status={one.enabled ? one.state : 'off'} />
                </td>
                {[
                  countText(one.delivered),
                  countText(one.waiting),
                  countText(one.failed),
                  countText(one.skipped),
                  one.p50_ms === null ? '–' : durationText(one.p50_ms),
                  one.p95_ms === null ? '–' : durationText(one.p95_ms),
                ].map((text, index) => (
                  <td key={COLUMNS[index]} className={classes.right} data-label={COLUMNS[index]}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
