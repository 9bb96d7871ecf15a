import { Link } from '@tanstack/react-router'
import type { Overview } from '../../api/overview.ts'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { HealthTable } from './HealthTable.tsx'

const COLUMNS = [
  { name: 'Last received' },
  { name: 'Not understood', right: true },
  { name: 'Refused', right: true },
] as const

export function AppHealth({ overview }: { readonly overview: Overview }) {
  const { id } = useProject()
  return (
    <HealthTable
      title="Stores"
      about="When each of them was last heard."
      head="Store"
      columns={COLUMNS}
      empty={
        <>
          No store is connected yet.{' '}
          <LinkText to="/$project/stores" params={{ project: id }} size="sm" underline="always">
            Connect one
          </LinkText>
        </>
      }
      rows={overview.apps.map((app) => ({
        id: app.id,
        name: (
          <Link to="/$project/stores/$id" params={{ project: id, id: app.id }}>
            {app.title} · {app.id}
          </Link>
        ),
        cells: [
          <TimeText key="last" at={app.last_notification_at} none="nothing yet" />,
          <Trouble key="parked" status="parked" count={app.parked} />,
          <Trouble key="refused" status="refused" count={app.refused} />,
        ],
      }))}
    />
  )
}

function Trouble({ status, count }: { readonly status: 'parked' | 'refused'; readonly count: number }) {
  return count === 0 ? '0' : <StatusBadge status={status} text={countText(count)} />
}
