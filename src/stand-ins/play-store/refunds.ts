import { decimalOf, paidJson, revenueJson } from './order-money.ts'
import { type SimulatedNotification, timeJson, type World } from './world.ts'

/** The money of an order goes back: what is left of it, or an amount. The revenue that it shows is what stays. */
export function returnMoney(world: World, orderId: string, at: number, amount: number | null): void {
  const order = world.view().orders.get(orderId)
  if (order === undefined) throw new Error(`There is no order ${orderId}.`)
  const history = order.orderHistory as Readonly<Record<string, unknown>>
  const { currencyCode } = order.total as { currencyCode: string }
  const total = decimalOf(order.total)
  const details = { refundDetails: paidJson(amount ?? total, currencyCode) }
  const parts = Array.isArray(history.partialRefundEvents) ? (history.partialRefundEvents as readonly Part[]) : []
  const before = parts.reduce((sum, { refundDetails }) => sum + decimalOf(refundDetails.total), 0)
  const part = { createTime: timeJson(at), processTime: timeJson(at), state: 'PROCESSED_SUCCESSFULLY', ...details }
  world.put('orders', orderId, {
    ...order,
    state: amount === null ? 'REFUNDED' : 'PARTIALLY_REFUNDED',
    lastEventTime: timeJson(at),
    ...revenueJson(total, currencyCode, amount === null ? total : before + amount),
    orderHistory:
      amount === null
        ? { ...history, refundEvent: { eventTime: timeJson(at), refundReason: 'OTHER', ...details } }
        : { ...history, partialRefundEvents: [...parts, part] },
  })
}

interface Part {
  readonly refundDetails: { readonly total: unknown }
}

/** The voided purchase as a notification and in the list. */
export function tellVoided(
  world: World,
  orderId: string,
  at: number,
  productType: 1 | 2,
  refundType: 1 | 2 = 1,
): SimulatedNotification {
  const order = world.view().orders.get(orderId)
  const token = String(order?.purchaseToken ?? '')
  world.void({
    kind: 'androidpublisher#voidedPurchase',
    purchaseToken: token,
    orderId,
    purchaseTimeMillis: String(Date.parse(String(order?.createTime))),
    voidedTimeMillis: String(at),
    voidedSource: 1,
    voidedReason: 0,
  })
  return world.tell('VOIDED_PURCHASE', token, at, {
    voidedPurchaseNotification: { purchaseToken: token, orderId, productType, refundType },
  })
}
