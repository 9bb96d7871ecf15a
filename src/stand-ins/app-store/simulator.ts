import { createHash } from 'node:crypto'
import { createNotification, type Draft, type SimulatedNotification } from './notification.ts'
import { createSigner, type Signer } from './sign.ts'
import type { Account, Transaction } from './transaction.ts'

export interface SimulatedAppStoreOptions {
  readonly bundleId: string
  readonly appAppleId: number
  readonly environment: 'production' | 'sandbox'
  /** The moment of what is told no time of its own (milliseconds; default: the wall clock). */
  readonly now?: () => number
  /** How long after the act Apple signs (milliseconds, default 1 s). */
  readonly signsAfterMs?: number
  /** Shared between simulated stores, so that one root serves all. Minted at the first signature when absent. */
  readonly signer?: Signer
  /** Sets the ids apart from those of another simulated store. */
  readonly seed?: string
}

/** What the parts of the simulated store share: ids, the clock, the list of what was sent. */
export interface Desk {
  readonly options: SimulatedAppStoreOptions
  readonly environmentName: 'Production' | 'Sandbox'
  readonly now: () => number
  readonly signer: () => Signer
  readonly notifications: SimulatedNotification[]
  /** Chain → what a history request lists of it, signed as of `at`. */
  readonly chains: Map<string, Chain>
  nextId(): string
  derived(kind: string): string
  /** A time of an act → the time of its signature. */
  signedAt(act: number): number
  notify(draft: Omit<Draft, 'uuid'>): SimulatedNotification
}

export interface Chain {
  readonly account: Account
  readonly transactions: readonly Transaction[]
  /** The renewal info as it would be signed at `at`, and the status; null for one-time purchases. */
  renewal(at: number): { readonly status: number; readonly info: Readonly<Record<string, unknown>> } | null
}

export function createDesk(options: SimulatedAppStoreOptions): Desk {
  let signer = options.signer ?? null
  let ids = 0
  let uuids = 0
  const seed = options.seed ?? `${options.bundleId}/${options.environment}`
  const base = BigInt(`0x${createHash('sha256').update(seed).digest('hex').slice(0, 8)}`) * 1_000_000n
  const desk: Desk = {
    options,
    environmentName: options.environment === 'production' ? 'Production' : 'Sandbox',
    now: options.now ?? Date.now,
    signer: () => {
      signer ??= createSigner()
      return signer
    },
    notifications: [],
    chains: new Map(),
    nextId: () => {
      ids += 1
      return String(2_000_000_000_000_000n + base + BigInt(ids))
    },
    derived: (kind) => {
      uuids += 1
      return uuidOf(`${seed}/${kind}/${uuids}`)
    },
    signedAt: (act) => act + (options.signsAfterMs ?? 1_000),
    notify: (draft) => {
      const notification = createNotification({ ...draft, uuid: desk.derived('notification') }, desk.signer)
      desk.notifications.push(notification)
      return notification
    },
  }
  return desk
}

/** A version 4 UUID in form, drawn from a hash, so that a run can be repeated. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** The fields that every `data`, `summary` and `appData` begins with. */
export function appFields(desk: Desk): Readonly<Record<string, unknown>> {
  return { appAppleId: desk.options.appAppleId, bundleId: desk.options.bundleId, environment: desk.environmentName }
}

/** A decimal price as the App Store writes it: thousandths of the currency's unit. */
export function milliunits(price: number): number {
  return Math.round(price * 1000)
}
