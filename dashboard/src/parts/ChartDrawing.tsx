import { useElementSize } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import classes from './Chart.module.css'
import type { ChartProps } from './Chart.tsx'

interface DrawingProps extends ChartProps {
  readonly height: number
  readonly colors: readonly string[]
  readonly dark: boolean
}

interface Tip {
  readonly index: number
  readonly left: number
}

/** The canvas: loaded after the page, since nothing else needs uPlot. */
export function ChartDrawing({ at, series, kind, format, height, colors, dark }: DrawingProps) {
  const { ref, width } = useElementSize()
  const place = useRef<HTMLDivElement>(null)
  const [tip, setTip] = useState<Tip | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are a new list each time, their text is not
  useEffect(() => {
    if (place.current === null || width < 50) return
    const quiet = dark ? '#98a2a9' : '#56626b'
    const stacked = kind === 'stacked bars'
    const half = stacked && at.length > 1 ? ((at[1] ?? 0) - (at[0] ?? 0)) / 2_000 : 0
    const line = dark ? '#2c353c' : '#e6eaed'
    const shown = stacked ? stack(series.map(({ values }) => values)) : series.map(({ values }) => [...values])
    // Drawn from the highest sum down, so that each bar covers all but its own part of the one before.
    const order = series.map((_, index) => index)
    if (stacked) order.reverse()
    const bars = UPlot.paths.bars?.({ size: [0.72, 42], radius: 0 })
    const axis = {
      stroke: quiet,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    }
    const plot = new UPlot(
      {
        width,
        height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: !stacked }, drag: { x: false, y: false } },
        scales: {
          // Room for half a bar at both ends.
          x: { time: true, range: (_plot, low, high) => [low - half, high + half] },
          // Refunds can be more than what was sold.
          y: { range: (_plot, low, high) => [Math.min(0, low * 1.08), high > 0 ? high * 1.08 : 1] },
        },
        axes: [
          { ...axis, grid: { show: false } },
          { ...axis, size: 58, values: (_plot, ticks) => ticks.map(format) },
        ],
        series: [
          {},
          ...order.map((index) => ({
            stroke: colors[index] ?? quiet,
            width: stacked ? 0 : 2,
            ...(stacked ? { fill: colors[index] ?? quiet } : {}),
            ...(stacked && bars !== undefined ? { paths: bars } : {}),
            points: { show: false },
          })),
        ],
        hooks: {
          setCursor: [
            ({ cursor: { idx, left } }) =>
              setTip(idx === null || idx === undefined || left === undefined || left < 0 ? null : { index: idx, left }),
          ],
        },
      },
      [at.map((ms) => ms / 1_000), ...order.map((index) => shown[index] ?? [])] as UPlot.AlignedData,
      place.current,
    )
    return () => plot.destroy()
  }, [at, series, kind, format, height, colors.join(), dark, width])
  return (
    <div ref={ref} style={{ position: 'relative' }}>
      <div ref={place} />
      {tip !== null && <TipBox tip={tip} width={width} {...{ at, series, format, colors }} />}
    </div>
  )
}

function stack(lists: readonly (readonly (number | null)[])[]): number[][] {
  const sums: number[] = []
  return lists.map((values) =>
    values.map((value, index) => {
      const sum = (sums[index] ?? 0) + (value ?? 0)
      sums[index] = sum
      return sum
    }),
  )
}

interface TipBoxProps extends Pick<DrawingProps, 'at' | 'series' | 'format' | 'colors'> {
  readonly tip: Tip
  readonly width: number
}

function TipBox({ tip, width, at, series, format, colors }: TipBoxProps) {
  const rows = series
    .map(({ name, values }, index) => ({ name, value: values[tip.index] ?? null, color: colors[index] }))
    .filter(({ value }) => value !== null && (value !== 0 || series.length === 1))
  const left = tip.left + 58
  return (
    <div
      className={classes.tip}
      style={left > width / 2 ? { right: width - left + 12, top: 8 } : { left: left + 12, top: 8 }}
    >
      <strong>
        {new Date(at[tip.index] ?? 0).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}
      </strong>
      {rows.length === 0 && <div>nothing</div>}
      {rows.map(({ name, value, color }) => (
        <div key={name} className={classes.tipRow}>
          <span>
            <span className={classes.dot} style={{ background: color }} />
            {name}
          </span>
          <span className="figures">{format(value ?? 0)}</span>
        </div>
      ))}
    </div>
  )
}
