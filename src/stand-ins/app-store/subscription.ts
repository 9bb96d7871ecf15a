import type { At, SubscribeOptions } from './chain.ts'
import { appTransaction, createDevice, type Device } from './device.ts'
import type { SimulatedNotification } from './notification.ts'
import { type BuyOptions, createPurchase, type SimulatedPurchase } from './one-time.ts'
import { createSubscription, type SimulatedSubscription } from './renewing.ts'
import type { Signer } from './sign.ts'
import { appFields, type Chain, createDesk, type Desk, type SimulatedAppStoreOptions } from './simulator.ts'
import type { Account } from './transaction.ts'

export type { SubscribeOptions } from './chain.ts'
export type { SimulatedNotification } from './notification.ts'
export type { SimulatedPurchase } from './one-time.ts'
export type { SimulatedSubscription } from './renewing.ts'
export type { SimulatedAppStoreOptions } from './simulator.ts'

/** What the App Store knows of one app in one environment, and everything it has sent about it. */
export interface SimulatedAppStore {
  readonly bundleId: string
  readonly appAppleId: number
  readonly environment: 'production' | 'sandbox'
  /** The key and chain that sign; asking for it mints them. */
  readonly signer: Signer
  /** Everything that was sent, in the order of sending. */
  readonly notifications: readonly SimulatedNotification[]
  /** originalTransactionId → its transactions. */
  readonly chains: ReadonlyMap<string, Chain>
  readonly device: Device
  subscribe(options: SubscribeOptions): SimulatedSubscription
  buy(options: BuyOptions): SimulatedPurchase
  buyConsumable(options: Omit<BuyOptions, 'kind'>): SimulatedPurchase
  test(act?: At): SimulatedNotification
  externalPurchaseToken(subtype: 'CREATED' | 'ACTIVE_TOKEN_REMINDER' | 'UNREPORTED', act?: At): SimulatedNotification
  rescindConsent(act?: At): SimulatedNotification
  extensionSummary(
    product: string,
    counts: { readonly succeeded: number; readonly failed: number },
    act?: At,
  ): SimulatedNotification
  /** A type that carries app data only and that nobody knows yet. */
  tell(type: string, subtype?: string | null, act?: At): SimulatedNotification
}

export function createSimulatedAppStore(options: SimulatedAppStoreOptions): SimulatedAppStore {
  const desk = createDesk(options)
  const accountOf = (of: {
    readonly appAccountToken?: string
    readonly storefront?: string
    readonly group?: string
    readonly appTransactionId?: string
  }): Account => ({
    bundleId: options.bundleId,
    environment: desk.environmentName,
    group: of.group ?? '21000001',
    appAccountToken: of.appAccountToken ?? null,
    appTransactionId: of.appTransactionId ?? desk.nextId(),
    storefront: of.storefront ?? 'USA',
    ownership: 'PURCHASED',
  })
  const buy = (bought: BuyOptions): SimulatedPurchase => {
    const ownership = bought.familyShared === true ? 'FAMILY_SHARED' : 'PURCHASED'
    return createPurchase(desk, { ...accountOf(bought), ownership }, bought)
  }
  return {
    bundleId: options.bundleId,
    appAppleId: options.appAppleId,
    environment: options.environment,
    get signer() {
      return desk.signer()
    },
    notifications: desk.notifications,
    chains: desk.chains,
    device: createDevice(desk),
    subscribe: (subscribed) => createSubscription(desk, accountOf(subscribed), subscribed),
    buy,
    buyConsumable: (bought) => buy({ ...bought, kind: 'consumable' }),
    ...noticesOf(desk),
  }
}

type Notices = Pick<
  SimulatedAppStore,
  'test' | 'externalPurchaseToken' | 'rescindConsent' | 'extensionSummary' | 'tell'
>

/** What is told about the app and not about a purchase. */
function noticesOf(desk: Desk): Notices {
  const send = (
    act: At | undefined,
    type: string,
    subtype: string | null,
    content: Readonly<Record<string, unknown>>,
  ): SimulatedNotification =>
    desk.notify({ at: desk.signedAt(act?.at ?? desk.now()), type, subtype, content, transaction: null, renewal: null })
  const app = appFields(desk)
  const { appAppleId, bundleId } = desk.options
  return {
    test: (act) => send(act, 'TEST', null, { data: app }),
    tell: (type, subtype = null, act) => send(act, type, subtype, { data: app }),
    externalPurchaseToken: (subtype, act) => {
      const at = act?.at ?? desk.now()
      const id = desk.derived('token')
      const externalPurchaseId = desk.environmentName === 'Sandbox' ? `SANDBOX_${id}` : id
      const token = { externalPurchaseId, tokenCreationDate: at, appAppleId, bundleId }
      return send({ at }, 'EXTERNAL_PURCHASE_TOKEN', subtype, { externalPurchaseToken: token })
    },
    extensionSummary: (productId, counts, act) =>
      send(act, 'RENEWAL_EXTENSION', 'SUMMARY', {
        summary: {
          ...app,
          productId,
          requestIdentifier: desk.derived('extension'),
          storefrontCountryCodes: ['USA', 'CAN'],
          succeededCount: counts.succeeded,
          failedCount: counts.failed,
        },
      }),
    rescindConsent: (act) => {
      const at = desk.signedAt(act?.at ?? desk.now())
      return desk.notify({
        at,
        type: 'RESCIND_CONSENT',
        subtype: null,
        content: { appData: app },
        transaction: null,
        renewal: null,
        appTransaction: appTransaction(desk, at),
      })
    },
  }
}
