import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Overview } from '../../api/overview.ts'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import classes from './Overview.module.css'

export function AppHealth({ overview }: { readonly overview: Overview }) {
  const { id } = useProject()
  const { apps } = overview
  return (
    <Panel title="Stores" about="When each of them was last heard." flush>
      {apps.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No store is connected yet.{' '}
          <LinkText to="/$project/stores" params={{ project: id }} size="sm" underline="always">
            Connect one
          </LinkText>
        </Text>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>Store</th>
              <th>Last received</th>
              <th className={classes.right}>Not understood</th>
              <th className={classes.right}>Refused</th>
            </tr>
          </thead>
          <tbody>
            {apps.map((app) => (
              <tr key={app.id}>
                <th scope="row">
                  <Link to="/$project/stores/$id" params={{ project: id, id: app.id }}>
                    {app.title} · {app.id}
                  </Link>
                </th>
                <td data-label="Last received">
                  <TimeText at={app.last_notification_at} none="nothing yet" />
                </td>
                <td className={classes.right} data-label="Not understood">
                  {app.parked === 0 ? '0' : <StatusBadge status="parked" text={countText(app.parked)} />}
                </td>
                <td className={classes.right} data-label="Refused">
                  {app.refused === 0 ? '0' : <StatusBadge status="refused" text={countText(app.refused)} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
