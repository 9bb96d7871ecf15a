import type { ChannelRow } from '../storage/rows.ts'
import { channelWait, PROBE_MS } from './schedule.ts'

/**
 * The state of a channel as pure transitions: open, backing off after failed requests, paused by a person, by refused
 * credentials, or by refusals in a row. Each gives the new row (its version is the one that was read: storage counts), or
 * the same object when nothing changes. Times are milliseconds.
 */

/** Culprits in a row, each alone in its request and with no success between, that pause a channel. */
const MAX_CULPRITS = 3

/** The running clock: its time less its pauses. */
export function clockReading(channel: ChannelRow, now: number): number {
  return channel.clockRuns ? channel.clockReading + Math.max(0, now - channel.clockAt) : channel.clockReading
}

export function channelIdOf(integrationId: string, environment: string): string {
  return `${integrationId}:${environment}`
}

/** What may be claimed of a channel now: nothing, one probe, or as many requests as its width allows. */
export function claimable(
  channel: ChannelRow,
  maxWidth: number,
  now: number,
):
  | { readonly kind: 'none'; readonly at: number | null }
  | { readonly kind: 'probe' }
  | { readonly kind: 'open'; readonly width: number } {
  switch (channel.state) {
    case 'open':
      return { kind: 'open', width: Math.max(1, Math.min(channel.width, maxWidth)) }
    case 'backing_off':
      return now >= channel.nextAt ? { kind: 'probe' } : { kind: 'none', at: channel.nextAt }
    case 'paused':
      if (channel.pausedBy === 'person') return { kind: 'none', at: null }
      return now >= channel.nextAt ? { kind: 'probe' } : { kind: 'none', at: channel.nextAt }
  }
}

/** A request got through. The first success reopens with one request in flight, then 2, 4 … up to the width. */
export function succeeded(channel: ChannelRow, maxWidth: number, now: number): ChannelRow {
  if (channel.state === 'paused' && channel.pausedBy === 'person') return channel
  if (channel.state !== 'open') return opened(channel, now)
  const width = Math.min(maxWidth, Math.max(1, channel.width) * 2)
  if (width === channel.width && channel.culprits === 0 && channel.failures === 0) return channel
  return { ...channel, width, culprits: 0, failures: 0 }
}

export interface Failure {
  readonly reason: string
  readonly retryAfterMs: number | null
  /** The one customer of a probe whose outcome is unknown: the next probe takes another's. */
  readonly avoidCustomer: string | null
  /** Whether this request was the channel's probe; failures of requests sent before it closed do not count again. */
  readonly wasProbe: boolean
}

/** A request failed: the channel backs off, obeying `Retry-After`. */
export function failed(channel: ChannelRow, failure: Failure, now: number, random: () => number): ChannelRow {
  const asked = now + (failure.retryAfterMs ?? 0)
  if (channel.state === 'paused') {
    if (!failure.wasProbe || channel.pausedBy === 'person') return channel
    return { ...channel, nextAt: Math.max(now + PROBE_MS, asked) }
  }
  if (channel.state === 'backing_off' && !failure.wasProbe) {
    return asked > channel.nextAt ? { ...channel, nextAt: asked } : channel
  }
  const failures = channel.failures + 1
  return {
    ...channel,
    state: 'backing_off',
    reason: failure.reason,
    advice: 'Nothing to do: it is tried again by itself.',
    failures,
    nextAt: Math.max(now + channelWait(failures, random), asked),
    width: 1,
    avoidCustomer: failure.avoidCustomer,
  }
}

/** The credentials were refused (or the address is wrong): queues are kept, one probe goes out every five minutes. */
export function refused(channel: ChannelRow, reason: string, advice: string, now: number): ChannelRow {
  if (channel.state === 'paused' && channel.pausedBy === 'person') return channel
  return paused(channel, 'credentials', reason, advice, now)
}

/** A record was refused alone in its request. As the probe of a paused channel it changes nothing: the next has its time. */
export function culprit(channel: ChannelRow, reason: string, advice: string, now: number): ChannelRow {
  const culprits = channel.culprits + 1
  if (channel.state === 'paused') {
    return channel.pausedBy === 'person' ? channel : { ...channel, culprits, nextAt: now + PROBE_MS }
  }
  if (culprits < MAX_CULPRITS) return { ...channel, culprits }
  return { ...paused(channel, 'refusals', reason, advice, now), culprits }
}

export function pausedByPerson(channel: ChannelRow, by: string, now: number): ChannelRow {
  return paused(channel, 'person', `Paused by ${by}`, 'Resume it when it may send again.', now)
}

/** The hub starts: what it was started with may be new, so a pause that probes is probed at once. */
export function probedAtStart(channel: ChannelRow, now: number): ChannelRow {
  const probes = channel.state === 'paused' && channel.pausedBy !== 'person'
  return probes && channel.nextAt > now ? { ...channel, nextAt: now } : channel
}

/** A person resumes it, or its credentials changed: it goes on at once. */
export function opened(channel: ChannelRow, now: number): ChannelRow {
  return {
    ...channel,
    state: 'open',
    pausedBy: null,
    reason: null,
    advice: null,
    failures: 0,
    culprits: 0,
    nextAt: 0,
    width: 1,
    avoidCustomer: null,
    clockReading: clockReading(channel, now),
    clockAt: now,
    clockRuns: true,
  }
}

function paused(
  channel: ChannelRow,
  by: 'person' | 'credentials' | 'refusals',
  reason: string,
  advice: string,
  now: number,
): ChannelRow {
  return {
    ...channel,
    state: 'paused',
    pausedBy: by,
    reason,
    advice,
    nextAt: by === 'person' ? 0 : now + PROBE_MS,
    width: 1,
    clockReading: clockReading(channel, now),
    clockAt: now,
    clockRuns: false,
  }
}
