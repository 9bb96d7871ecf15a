import { useMemo } from 'react'
import type { Overview } from '../../api/overview.ts'
import { Chart } from '../../parts/Chart.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { words } from '../../parts/words.ts'
import { QuietChart } from './QuietChart.tsx'

/** More kinds than this cannot be told apart; the rest is one. */
const MOST_KINDS = 7

export function EventsChart({ overview }: { readonly overview: Overview }) {
  const { buckets, totals, bucket_ms } = overview
  const { at, series } = useMemo(() => {
    const kinds = Object.entries(totals)
      .filter(([, count]) => (count ?? 0) > 0)
      .sort(([, a], [, b]) => (b ?? 0) - (a ?? 0))
      .map(([type]) => type)
    const countOf = (counts: Readonly<Record<string, number | undefined>>, type: string): number => counts[type] ?? 0
    const rest = kinds.slice(MOST_KINDS)
    const named = kinds.slice(0, MOST_KINDS).map((type) => ({
      name: words(type),
      values: buckets.map(({ counts }) => countOf(counts, type)),
    }))
    const others = {
      name: 'Others',
      values: buckets.map(({ counts }) => rest.reduce((sum, type) => sum + countOf(counts, type), 0)),
    }
    return {
      at: buckets.map((bucket) => Date.parse(bucket.at)),
      series: rest.length === 0 ? named : [...named, others],
    }
  }, [buckets, totals])
  const title =
    bucket_ms >= 86_400_000
      ? 'Events per day'
      : bucket_ms > 3_600_000
        ? `Events per ${bucket_ms / 3_600_000} hours`
        : 'Events per hour'
  return (
    <Panel title={title}>
      {series.length === 0 ? (
        <QuietChart>Nothing happened in this time.</QuietChart>
      ) : (
        <Chart label={title} at={at} series={series} kind="stacked bars" format={countText} />
      )}
    </Panel>
  )
}
