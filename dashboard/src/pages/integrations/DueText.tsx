import { useEffect, useState } from 'react'
import { TimeText } from '../../parts/TimeText.tsx'
import { msOf } from '../../parts/time.ts'

/** From here on seconds are counted. */
const NEAR_MS = 120_000

/** When something is due: by the second as soon as it is near. */
export function DueText({ at }: { readonly at: string | null }) {
  const [now, setNow] = useState(Date.now)
  const left = at === null ? Number.POSITIVE_INFINITY : msOf(at) - now
  const counts = left < NEAR_MS && left > 0
  useEffect(() => {
    if (at === null) return
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [at])
  if (left <= 0) return <span>now</span>
  if (counts) return <span className="figures">in {Math.ceil(left / 1_000)} s</span>
  return <TimeText at={at} />
}
