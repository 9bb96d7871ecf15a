import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type EventFilter, type HubEvent, listEvents } from '../../api/events.ts'
import { useList } from '../../parts/list.ts'
import { type LiveState, useLiveStream } from '../../parts/live-stream.ts'

/** Held of what came in live; the list is read again long before one of them falls out. */
const MOST = 500
const READ_AGAIN_AFTER = 200
const READ_AGAIN_MS = 3_000
const SCROLLED_PX = 120

export interface LiveEvents {
  readonly list: ReturnType<typeof useList<HubEvent>>
  readonly state: LiveState
  readonly missed: number
  readonly isFresh: (event: HubEvent) => boolean
}

/** The list of a filter with what comes in on top of it. */
export function useLiveEvents(project: string, filter: EventFilter, paused: boolean): LiveEvents {
  const { environment, type, store, product, customer, from, to } = filter
  const list = useList<HubEvent>(['events', project, environment, type, store, product, customer, from, to], (before) =>
    listEvents(project, filter, before),
  )
  const keep = useCallback(
    (event: HubEvent) => matches(event, { environment, ...present({ type, store, product, customer, from, to }) }),
    [environment, type, store, product, customer, from, to],
  )
  const live = useLiveStream<HubEvent>({ project, kind: 'event', keep, most: MOST, paused })
  useReadAgain(live.state, live.items, list)
  const known = live.items
  const fresh = useMemo(() => known.filter(keep), [known, keep])
  const isFresh = useMemo(() => {
    const ids = new Set(fresh.map(({ id }) => id))
    return (event: HubEvent) => ids.has(event.id)
  }, [fresh])
  const items = useMemo(() => {
    const older = list.data?.items ?? []
    return [...fresh, ...older.filter((event) => !isFresh(event))]
  }, [fresh, isFresh, list.data])
  const shown = list.data === undefined ? list : ({ ...list, data: { items } } as typeof list)
  return { list: shown, state: live.state, missed: live.missed, isFresh }
}

function present<Values extends object>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function matches(event: HubEvent, filter: EventFilter): boolean {
  const { environment, type, store, product, customer, from, to } = filter
  const ids = [event.app_user_id, event.original_app_user_id, ...event.aliases]
  return (
    event.environment.toLowerCase() === environment &&
    (type === undefined || event.name === type || event.type === type) &&
    (store === undefined || event.store.toLowerCase() === store) &&
    (product === undefined || event.product_id === product) &&
    (customer === undefined || ids.includes(customer)) &&
    (from === undefined || event.event_timestamp_ms >= Date.parse(from)) &&
    (to === undefined || event.event_timestamp_ms < Date.parse(to))
  )
}

/** The stream promises nothing: what passed before it was open, or while it was lost, is in the list. */
function useReadAgain(state: LiveState, items: readonly HubEvent[], list: { readonly refetch: () => unknown }): void {
  const { refetch } = list
  const opened = state === 'open' || state === 'paused'
  useEffect(() => {
    if (opened) void refetch()
  }, [opened, refetch])
  const last = useRef<{ readonly id: string | undefined; readonly at: number }>({ id: undefined, at: 0 })
  useEffect(() => {
    const since = items.findIndex(({ id }) => id === last.current.id)
    const count = since === -1 ? items.length : since
    if (count < READ_AGAIN_AFTER || Date.now() - last.current.at < READ_AGAIN_MS) return
    last.current = { id: items[0]?.id, at: Date.now() }
    void refetch()
  }, [items, refetch])
}

/** Whether the reader has scrolled away from the top: what comes in then would push away what they read. */
export function useScrolled(): boolean {
  const [scrolled, setScrolled] = useState(false)
  useEffect(() => {
    const look = (): void => setScrolled(globalThis.scrollY > SCROLLED_PX)
    look()
    globalThis.addEventListener('scroll', look, { passive: true })
    return () => globalThis.removeEventListener('scroll', look)
  }, [])
  return scrolled
}
