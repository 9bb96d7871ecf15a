/** What this process has in flight: whole, by channel and by destination. */
export interface Flights {
  readonly size: number
  of(channel: string): number
  to(destination: string): number
  /** `flight` must not reject. */
  add(channel: string, destination: string, flight: Promise<void>): void
  /** Resolves when nothing is in flight, what takes off meanwhile included. */
  landed(): Promise<void>
}

/** `wake` is called after each landing: its slot is free by then. */
export function createFlights(wake: () => void): Flights {
  const flights = new Set<Promise<void>>()
  const [channels, destinations] = [new Map<string, number>(), new Map<string, number>()]
  const count = (counts: Map<string, number>, name: string, by: 1 | -1): void => {
    const left = (counts.get(name) ?? 0) + by
    if (left === 0) counts.delete(name)
    else counts.set(name, left)
  }
  return {
    get size() {
      return flights.size
    },
    of: (channel) => channels.get(channel) ?? 0,
    to: (destination) => destinations.get(destination) ?? 0,
    add: (channel, destination, flight) => {
      count(channels, channel, 1)
      count(destinations, destination, 1)
      const tracked = flight.then(() => {
        flights.delete(tracked)
        count(channels, channel, -1)
        count(destinations, destination, -1)
        wake()
      })
      flights.add(tracked)
    },
    landed: async () => {
      while (flights.size > 0) await Promise.all(flights)
    },
  }
}
