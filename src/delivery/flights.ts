/** What this process has in flight: whole, and by channel. */
export interface Flights {
  readonly size: number
  of(channel: string): number
  /** `flight` must not reject. */
  add(channel: string, flight: Promise<void>): void
  /** Resolves when nothing is in flight, what takes off meanwhile included. */
  landed(): Promise<void>
}

/** `wake` is called after each landing: its slot is free by then. */
export function createFlights(wake: () => void): Flights {
  const flights = new Set<Promise<void>>()
  const counts = new Map<string, number>()
  const count = (channel: string, by: 1 | -1): void => {
    const left = (counts.get(channel) ?? 0) + by
    if (left === 0) counts.delete(channel)
    else counts.set(channel, left)
  }
  return {
    get size() {
      return flights.size
    },
    of: (channel) => counts.get(channel) ?? 0,
    add: (channel, flight) => {
      count(channel, 1)
      const tracked = flight.then(() => {
        flights.delete(tracked)
        count(channel, -1)
        wake()
      })
      flights.add(tracked)
    },
    landed: async () => {
      while (flights.size > 0) await Promise.all(flights)
    },
  }
}
