import { Group, NativeSelect, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import type { Overview } from '../../api/overview.ts'
import { Chart } from '../../parts/Chart.tsx'
import { countText, moneyText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { QuietChart } from './QuietChart.tsx'

const MODES = [
  { value: 'gross_micros', label: 'Gross' },
  { value: 'after_commission_micros', label: 'After commission' },
  { value: 'after_commission_and_taxes_micros', label: 'After commission and taxes' },
] as const
type Mode = (typeof MODES)[number]['value']

/** Revenue in the three ways in which sales are reported; the same switch as an integration has. */
export function Revenue({ overview }: { readonly overview: Overview }) {
  const { revenue, bucket_ms } = overview
  const { currency } = revenue
  const [mode, setMode] = useLocalStorage<Mode>({
    key: 'tributary-revenue',
    defaultValue: 'gross_micros',
    getInitialValueInEffect: false,
    deserialize: (text) => MODES.find(({ value }) => text === value)?.value ?? 'gross_micros',
    serialize: (value) => value,
  })
  const { at, series } = useMemo(
    () => ({
      at: revenue.buckets.map((bucket) => Date.parse(bucket.at)),
      series: [{ name: 'Revenue', values: revenue.buckets.map((bucket) => bucket[mode] / 1e6) }],
    }),
    [revenue.buckets, mode],
  )
  const before = revenue.previous[mode]
  const title = bucket_ms >= 86_400_000 ? 'Revenue per day' : 'Revenue'
  const choice = (
    // The browser's own: the other one would bring 13 kB to the first page that anybody sees.
    <NativeSelect
      size="xs"
      w={210}
      aria-label="Which revenue"
      data={[...MODES]}
      value={mode}
      onChange={({ currentTarget }) => {
        const next = MODES.find((one) => one.value === currentTarget.value)
        if (next !== undefined) setMode(next.value)
      }}
    />
  )
  return (
    <Panel title="Revenue" actions={choice}>
      <Group gap="xs" align="baseline" mb={4}>
        <Text fz={22} fw={600} className="figures">
          {moneyText(revenue[mode], currency)}
        </Text>
        <Text size="xs" c="dimmed">
          {changeText(revenue[mode], before)} · {moneyText(before, currency)} in the time before
        </Text>
      </Group>
      {revenue.unpriced > 0 && (
        <Text size="xs" c="dimmed" mb={4}>
          {countText(revenue.unpriced)} {revenue.unpriced === 1 ? 'purchase has' : 'purchases have'} no known price and
          are not in this sum.
        </Text>
      )}
      {at.length === 0 ? (
        <QuietChart>Nothing was sold in this time.</QuietChart>
      ) : (
        <Chart
          label={`${title}, ${MODES.find(({ value }) => value === mode)?.label ?? ''}`}
          at={at}
          series={series}
          kind="stacked bars"
          format={(value) => moneyText(Math.round(value * 1e6), currency, true)}
          height={186}
        />
      )}
    </Panel>
  )
}

/** By how much, in per cent. From nothing there is no per cent. */
function changeText(now: number, before: number): string {
  if (before <= 0) return now > 0 ? 'up from nothing' : 'no change'
  const percent = Math.round(((now - before) / before) * 100)
  return percent === 0 ? 'no change' : percent > 0 ? `▲ ${percent} %` : `▼ ${-percent} %`
}
