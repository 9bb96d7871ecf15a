import { useComputedColorScheme, VisuallyHidden } from '@mantine/core'
import { lazy, Suspense } from 'react'
import classes from './Chart.module.css'

export interface Series {
  readonly name: string
  readonly values: readonly (number | null)[]
}

export interface ChartProps {
  /** What is shown, for those who do not see it: "Events per hour". */
  readonly label: string
  /** Starts of the buckets, ms. */
  readonly at: readonly number[]
  readonly series: readonly Series[]
  readonly kind: 'stacked bars' | 'lines'
  readonly format: (value: number) => string
  readonly height?: number
}

/** Blue for the first, then told apart by lightness as much as by hue, for eyes that do not see every hue. */
const COLORS = {
  light: [
    '#1f6f8d',
    '#e09f3e',
    '#5b8e7d',
    '#9e4770',
    '#8a9ba8',
    '#c8553d',
    '#6a5d9c',
    '#4a90a4',
    '#b5a642',
    '#7a6352',
    '#3d5a80',
    '#98c1d9',
  ],
  dark: [
    '#6aafc8',
    '#f0b95e',
    '#86bfab',
    '#d387a9',
    '#8f9ca6',
    '#e5836c',
    '#a79adb',
    '#8fd0e0',
    '#d5c96b',
    '#b39a86',
    '#7f9dc4',
    '#bcd9e8',
  ],
} as const

const Drawing = lazy(() => import('./ChartDrawing.tsx').then(({ ChartDrawing }) => ({ default: ChartDrawing })))

/** A drawing, its legend, and the same numbers as a table for screen readers. */
export function Chart(props: ChartProps) {
  const scheme = useComputedColorScheme('light')
  const colors = COLORS[scheme]
  const { label, at, series, format, height = 220 } = props
  const colorOf = (index: number): string => colors[index % colors.length] ?? colors[0]
  return (
    <figure className={classes.figure}>
      <div style={{ height }} aria-hidden>
        <Suspense fallback={null}>
          <Drawing
            key={scheme}
            {...props}
            height={height}
            colors={series.map((_, index) => colorOf(index))}
            dark={scheme === 'dark'}
          />
        </Suspense>
      </div>
      <figcaption>
        <ul className={classes.legend} aria-hidden>
          {series.map(({ name }, index) => (
            <li key={name}>
              <span className={classes.dot} style={{ background: colorOf(index) }} />
              {name}
            </li>
          ))}
        </ul>
        <VisuallyHidden>
          <table>
            <caption>{label}</caption>
            <thead>
              <tr>
                <th>From</th>
                {series.map(({ name }) => (
                  <th key={name}>{name}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at.map((ms, row) => (
                <tr key={ms}>
                  <th>{new Date(ms).toLocaleString()}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{values[row] == null ? 'unknown' : format(values[row] ?? 0)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </VisuallyHidden>
      </figcaption>
    </figure>
  )
}
