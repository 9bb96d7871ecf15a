import { Link } from '@tanstack/react-router'
import type { Overview } from '../../api/overview.ts'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { durationText } from '../../parts/time.ts'
import { useProject } from '../../project.ts'
import { HealthTable } from './HealthTable.tsx'

const FIGURES = ['Delivered', 'Waiting', 'Failed', 'Skipped', 'Median', 'p95'] as const
const COLUMNS = [{ name: 'State' }, ...FIGURES.map((name) => ({ name, right: true }))]

export function IntegrationHealth({ overview }: { readonly overview: Overview }) {
  const { id } = useProject()
  return (
    <HealthTable
      title="Delivery"
      about="From what happened at the store to the destination's answer."
      head="Integration"
      columns={COLUMNS}
      empty={
        <>
          No destination is connected yet.{' '}
          <LinkText to="/$project/integrations" params={{ project: id }} size="sm" underline="always">
            Connect one
          </LinkText>
        </>
      }
      rows={overview.integrations.map((one) => ({
        id: one.id,
        name: (
          <Link to="/$project/integrations/$id" params={{ project: id, id: one.id }}>
            {one.title}
            {one.id === one.destination ? '' : ` · ${one.id}`}
          </Link>
        ),
        cells: [
          <StatusBadge key="state" status={one.enabled ? one.state : 'off'} />,
          ...[one.delivered, one.waiting, one.failed, one.skipped].map(countText),
          ...[one.p50_ms, one.p95_ms].map((ms) => (ms === null ? '–' : durationText(ms))),
        ],
      }))}
    />
  )
}
