import type { Fact, PeriodFact } from '../../domain/facts.ts'
import { type Money, PPM } from '../../domain/money.ts'
import type { PeriodType } from '../../domain/purchase.ts'
import type { Purchase } from '../../domain/purchase-state.ts'
import { numberOf, type Order, type OrderLine, refundedOf } from './order.ts'
import type { Reading, TokenReading } from './reading.ts'
import type { Item, Subscription } from './subscription.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** One line of a chain, put in order: its charges, and what a change of plan made of them. */
export interface LineView {
  readonly line: string
  /** Known and read, oldest first. */
  readonly periods: readonly PeriodFact[]
  /** The line's item on the token that was asked about, while that token is the chain's last. */
  readonly item: Item | null
  readonly head: TokenReading | null
  /** When the token that was asked about was granted. */
  readonly grantedAt: number | null
  /** Refunds that the orders show, and restarts that a re-signup shows. */
  readonly shown: readonly Fact[]
  /** What was known before. */
  readonly known: readonly Fact[]
}

export interface Line {
  readonly line: string
  readonly known: Purchase | null
  /** Whether an order's product is sold on this line. */
  holds(productId: string): boolean
}

/** A charge as it was read, before it is seen beside its neighbours. */
interface Draft {
  readonly fact: PeriodFact
  readonly order: Order
  readonly orderLine: OrderLine | null
  readonly token: Subscription
  /** It began its token, which replaced another one. */
  readonly beginsChange: boolean
  /** It belongs to a token before this one, which was not read. */
  readonly isCarried: boolean
  readonly plan: Item['plan']
  readonly isDeferred: boolean
  /** Google names another product that it replaced at once. */
  readonly replacesOther: boolean
}

/** @param at the clock before anything was read: the version of what was read (milliseconds). */
export function lineView(line: Line, reading: Reading, at: number): LineView {
  const asked = reading.tokens.at(-1) ?? null
  const head = asked === null || asked.subscription.ending?.by === 'replacement' ? null : asked
  const drafts = reading.tokens.flatMap((token) => draftsOf(token, line, reading, at))
  const known = (line.known?.facts ?? []).filter((fact): fact is PeriodFact => fact.kind === 'period')
  const { periods, shown } = related(known, drafts)
  const item = head?.subscription.items.find((one) => one.orderId !== null && line.holds(one.productId)) ?? null
  const refunds = drafts.flatMap((draft) =>
    periods.some((period) => period.period === draft.fact.period) ? refundsOf(draft, periods) : [],
  )
  const grantedAt = asked?.subscription.startTime ?? null
  return {
    line: line.line,
    periods,
    item,
    head,
    grantedAt,
    shown: [...shown, ...refunds],
    known: line.known?.facts ?? [],
  }
}

// ── charges ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function draftsOf(reading: TokenReading, line: Line, all: Reading, at: number): readonly Draft[] {
  const { token, subscription } = reading
  const items = subscription.items.filter((one) => line.holds(one.productId))
  const item = items.find((one) => one.orderId !== null) ?? null
  const read = new Set(all.tokens.map((one) => one.token))
  // An order that names no token, or one that was not read, belongs to the item that lists it.
  const owned = all.orders.filter((order) => {
    const elsewhere = order.token === null || !read.has(order.token)
    return !order.isUnpaid && (order.token === token || (elsewhere && items.some((one) => one.orderId === order.id)))
  })
  const drafts = owned.flatMap((order): readonly Draft[] => {
    const orderLine = order.lines.find((one) => one.isSubscription && line.holds(one.productId)) ?? null
    return orderLine === null ? [] : [draftOf(order, orderLine, item, reading, at, all)]
  })
  const isKnown = (id: string): boolean =>
    all.orders.some((order) => order.id === id) || (line.known?.facts ?? []).some(({ period }) => period === id)
  if (item === null || item.orderId === null || isKnown(item.orderId)) return drafts
  return [...drafts, draftOf(inLieu(item.orderId, token, reading), null, item, reading, at, all)]
}

/** An order that Google does not show: the charge is known, its price is not. */
function inLieu(id: string, token: string, { subscription }: TokenReading): Order {
  const at = numberOf(id).renewal === -1 ? subscription.startTime : null
  return { id, token, createdAt: at, at, isUnpaid: false, country: null, lines: [], refunds: [] }
}

function draftOf(
  order: Order,
  orderLine: OrderLine | null,
  item: Item | null,
  { token, subscription }: TokenReading,
  at: number,
  all: Reading,
): Draft {
  const isLatest = item?.orderId === order.id
  const plan = item?.plan ?? 'auto'
  const phase = orderLine?.phase ?? (isLatest ? item?.phase : null) ?? 'base'
  const periodType: PeriodType =
    plan === 'prepaid' ? 'PREPAID' : phase === 'trial' ? 'TRIAL' : phase === 'intro' ? 'INTRO' : 'NORMAL'
  const start = order.at ?? subscription.startTime ?? at
  const begins = (order.token ?? token) === token && isFirstOfToken(order, subscription.startTime)
  const fact: PeriodFact = {
    kind: 'period',
    at: start,
    period: order.id,
    own: false,
    inferred: false,
    version: at,
    productId: orderLine?.product ?? item?.product ?? '',
    periodType,
    expiresAt: (isLatest ? endOf(item, orderLine, subscription.state, start) : orderLine?.until) ?? start,
    price: priceOf(orderLine?.total ?? null, periodType),
    isFamilyShare: false,
    countryCode: subscription.country ?? order.country,
    offerCode: begins ? (item?.offerCode ?? null) : null,
    firstOfChain: begins && subscription.linkedToken === null,
    replaced: false,
    byChange: false,
    startsCancelled: plan === 'prepaid' || plan === 'unknown' ? null : false,
    originalTransactionId: numberOf(order.id).first,
    ...(begins && subscription.linkedToken === null && all.returnsAfter !== null
      ? { returnsAfter: all.returnsAfter }
      : {}),
    ...(orderLine?.fees == null ? {} : { fees: orderLine.fees }),
  }
  const firstOfLine = orderLine !== null && beginsLine(order, orderLine, all)
  return {
    fact: firstOfLine ? { ...fact, firstOfChain: true } : fact,
    order,
    orderLine,
    token: subscription,
    beginsChange: begins && subscription.linkedToken !== null,
    isCarried: order.token !== null && order.token !== token,
    plan,
    isDeferred: item?.replaces?.deferred === true,
    replacesOther: item?.replaces != null && !item.replaces.deferred && item.replaces.productId !== item.productId,
  }
}

/** Its number says so, and its time, since the renewals of test purchases may carry no number. */
function isFirstOfToken(order: Order, startTime: number | null): boolean {
  if (numberOf(order.id).renewal !== -1) return false
  return startTime === null || order.createdAt === null || order.createdAt <= startTime + MINUTE
}

/** An add-on that came later: the order before this one was read, and does not hold it. */
function beginsLine(order: Order, { productId }: OrderLine, { orders }: Reading): boolean {
  const { first, renewal } = numberOf(order.id)
  if (renewal < 0) return false
  const before = orders.find(({ id }) => id === (renewal === 0 ? first : `${first}..${renewal - 1}`))
  return before !== undefined && !before.lines.some((line) => line.productId === productId)
}

function priceOf(total: Money | null, periodType: PeriodType): Money | null {
  return total ?? (periodType === 'TRIAL' ? { micros: 0, currency: 'USD' } : null)
}

/**
 * The end of a period as its order told it, which grace does not move. `expiryTime` counts where it lies clearly beyond
 * it while nothing is owed: the developer moved the date (a charge that Google delays looks the same for a day).
 */
function endOf(item: Item | null, orderLine: OrderLine | null, state: string, start: number): number | null {
  const [told, now] = [orderLine?.until ?? null, item?.expiresAt ?? null]
  if (told === null || now === null) return told ?? now
  const moved = now > told + Math.min(DAY, (told - start) / 2)
  return moved && (state === 'active' || state === 'canceled') ? now : told
}

// ── side by side ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A token that replaces another one begins with a charge that is one of four things, told by what stood before it:
 * the same plan, nothing charged: the customer took a cancellation back, and no period begins;
 * the same prepaid plan: a top-up, which the period before ends in; the same plan, charged: a renewal;
 * another plan before the end of the one before: an immediate change, which Google sells as a new purchase;
 * another plan at the end of the one before: a change that was deferred until then.
 */
function related(
  known: readonly PeriodFact[],
  drafts: readonly Draft[],
): { readonly periods: readonly PeriodFact[]; readonly shown: readonly Fact[] } {
  const read = new Map(drafts.map((draft) => [draft.fact.period, draft]))
  const unread = known.filter(({ period }) => !read.has(period))
  const all = [...unread, ...drafts.map(({ fact }) => remembered(fact, known))].sort(inTime)
  const periods: PeriodFact[] = []
  const shown: Fact[] = []
  for (const fact of all) {
    const draft = read.get(fact.period)
    const before = periods.at(-1)
    // A token whose change is deferred goes on listing the order of 0 that a re-signup before it had.
    const isCarriedOn = draft?.isCarried === true && before?.productId === fact.productId && isFree(fact)
    if (isCarriedOn && !known.some(({ period }) => period === fact.period)) continue
    if (draft !== undefined && before !== undefined) shown.push(...chosenBefore(draft, before))
    if (draft === undefined || !draft.beginsChange || before === undefined) {
      const anew = draft?.beginsChange === true && draft.replacesOther
      periods.push(anew ? { ...fact, byChange: true, boughtAnew: true } : fact)
      continue
    }
    const replace = (): void => void periods.splice(-1, 1, { ...before, replaced: true })
    if (before.productId === fact.productId) {
      if (draft.plan === 'prepaid') replace()
      else shown.push(restart(before, fact.at))
      const nothingBegins = draft.plan !== 'prepaid' && isFree(fact)
      if (!nothingBegins) periods.push(fact)
    } else if (draft.isDeferred || fact.at >= before.expiresAt - slackOf(before)) {
      periods.push(fact)
    } else {
      replace()
      periods.push({ ...fact, byChange: true, boughtAnew: true })
    }
  }
  return { periods, shown }
}

/** A charge of nothing that is no trial's. */
function isFree({ periodType, price }: PeriodFact): boolean {
  return periodType !== 'TRIAL' && price?.micros === 0
}

/** What an earlier reading found a charge to be beside its neighbours, which this one may not have read. */
function remembered(fact: PeriodFact, known: readonly PeriodFact[]): PeriodFact {
  const before = known.find(({ period }) => period === fact.period)
  if (before === undefined) return fact
  const anew = before.boughtAnew === true ? { boughtAnew: true } : {}
  return { ...fact, replaced: before.replaced, byChange: before.byChange, ...anew }
}

function restart(period: PeriodFact, at: number): Fact {
  return { kind: 'renewal_switch', at, period: period.period, own: false, inferred: true, on: true, reason: 'UNKNOWN' }
}

/** A token that was granted long before its first charge waited for the end of the period: its plan was chosen then. */
function chosenBefore({ fact, token }: Draft, before: PeriodFact): readonly Fact[] {
  const { linkedToken, startTime } = token
  if (linkedToken === null || startTime === null || fact.productId === before.productId) return []
  const waited = startTime > before.at && startTime < fact.at - slackOf(before) && numberOf(fact.period).renewal === -1
  if (!waited) return []
  const of = { period: before.period, own: false, inferred: true }
  return [{ kind: 'change_requested', at: startTime, ...of, productId: fact.productId }]
}

/** How far from the end of a period still counts as its end. */
export function slackOf(period: Pick<PeriodFact, 'at' | 'expiresAt'>): number {
  return Math.min(DAY, Math.max(period.expiresAt - period.at, 0) / 8)
}

function inTime(a: PeriodFact, b: PeriodFact): number {
  return a.at - b.at || (a.period < b.period ? -1 : 1)
}

/** What went back of a charge, as the order shows it. */
function refundsOf({ fact, order, orderLine }: Draft, periods: readonly PeriodFact[]): readonly Fact[] {
  if (orderLine === null) return []
  return order.refunds.map(
    (refund): Fact => ({
      kind: 'refund',
      at: refund.at,
      period: fact.period,
      own: false,
      inferred: true,
      refundId: refund.id,
      share: PPM,
      amount: refundedOf(order, orderLine, refund),
      ofLatest: !periods.some((other) => other.at > fact.at && other.at <= refund.at),
      keepsAccess: !refund.isWhole,
    }),
  )
}
