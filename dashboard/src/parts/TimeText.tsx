import { Text, Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { clockTime, exactTime, msOf, relativeTime, utcTime } from './time.ts'

/** One clock for all relative times of a page. */
const TICK_MS = 15_000
let now = Date.now()
const waiting = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function follow(changed: () => void): () => void {
  waiting.add(changed)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const one of waiting) one()
  }, TICK_MS)
  return () => {
    waiting.delete(changed)
    if (waiting.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Moves every 15 s. */
function useNow(): number {
  return useSyncExternalStore(follow, () => now)
}

interface TimeTextProps {
  readonly at: string | number | null
  /** `relative`: "3 minutes ago"; `exact`: date and time in the reader's zone; `clock`: the time of the day alone. */
  readonly as?: 'relative' | 'exact' | 'clock'
  /** Where there is no time. */
  readonly none?: string
}

/** A time in the reader's zone; hovering or focusing shows it in UTC as well. */
export function TimeText({ at, as = 'relative', none = '–' }: TimeTextProps) {
  const current = useNow()
  if (at === null) return <span>{none}</span>
  const ms = msOf(at)
  // A clock that ticks every 15 s lies behind what has just happened.
  const relative = (): string => relativeTime(ms, Math.max(current, Math.min(ms, current + TICK_MS)))
  const text = as === 'exact' ? exactTime(ms) : as === 'clock' ? clockTime(ms) : relative()
  return (
    <Tooltip label={as === 'exact' ? utcTime(ms) : `${exactTime(ms)} · ${utcTime(ms)}`}>
      <Text component="time" inherit span dateTime={new Date(ms).toISOString()}>
        {text}
      </Text>
    </Tooltip>
  )
}
