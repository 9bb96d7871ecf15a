import { useEffect, useRef, useState } from 'react'

export type LiveState = 'connecting' | 'open' | 'paused' | 'lost'

interface LiveOptions<Item> {
  readonly project: string
  /** `event` carries an Event, `delivery` an outcome: docs/api.md. */
  readonly kind: 'event' | 'delivery'
  readonly keep: (item: Item) => boolean
  /** How many of the newest are held; what is older is in the list below. */
  readonly most?: number
  readonly paused: boolean
}

interface Live<Item> {
  readonly state: LiveState
  /** Newest first. */
  readonly items: readonly Item[]
  /** How many came while it is paused; they are shown when it goes on. */
  readonly missed: number
  readonly clear: () => void
}

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** A busy hub says hundreds a second: what came within this time is drawn at once. */
const DRAW_MS = 120

/** New events or outcomes as they come. Comes back by itself after longer and longer waits, up to 30 s. */
export function useLiveStream<Item>(options: LiveOptions<Item>): Live<Item> {
  const { project, kind, most = 500, paused } = options
  const [items, setItems] = useState<readonly Item[]>([])
  const [missed, setMissed] = useState(0)
  const [connection, setConnection] = useState<'connecting' | 'open' | 'lost'>('connecting')
  const now = useRef({ paused, keep: options.keep })
  useEffect(() => {
    now.current = { paused, keep: options.keep }
    if (!paused) setMissed(0)
  }, [paused, options.keep])

  useEffect(() => {
    const fresh: Item[] = []
    const draw = setInterval(() => {
      if (now.current.paused) return setMissed(fresh.length)
      if (fresh.length === 0) return
      const taken = fresh.splice(0).reverse()
      setItems((held) => [...taken, ...held].slice(0, most))
    }, DRAW_MS)
    const close = keepOpen(`/api/projects/${encodeURIComponent(project)}/stream`, kind, setConnection, (text) => {
      const item = JSON.parse(text) as Item
      if (!now.current.keep(item)) return
      fresh.push(item)
      if (fresh.length > most) fresh.shift()
    })
    return () => {
      clearInterval(draw)
      close()
    }
  }, [project, kind, most])

  return { state: paused && connection === 'open' ? 'paused' : connection, items, missed, clear: () => setItems([]) }
}

function keepOpen(
  url: string,
  kind: string,
  tell: (state: 'connecting' | 'open' | 'lost') => void,
  take: (text: string) => void,
): () => void {
  let source: EventSource | null = null
  let wait = FIRST_WAIT_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = (): void => {
    source = new EventSource(url)
    source.addEventListener('open', () => {
      wait = FIRST_WAIT_MS
      tell('open')
    })
    source.addEventListener(kind, (message: MessageEvent<string>) => take(message.data))
    source.addEventListener('error', () => {
      tell('lost')
      // The browser gives up for good at an answer such as 503, so all waiting is done here.
      source?.close()
      clearTimeout(timer)
      timer = setTimeout(open, wait)
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    })
  }
  tell('connecting')
  open()
  return () => {
    clearTimeout(timer)
    source?.close()
  }
}
