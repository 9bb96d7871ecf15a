import { returnMoney, tellVoided } from './refunds.ts'
import type { Replacement, SimulatedSubscription, SubscribeOptions } from './subscription-acts.ts'
import { type Buyer, charge, type ItemState, itemState, type Plan, priceOf, show, type TokenState } from './token.ts'
import { type SimulatedNotification, timeJson, type World } from './world.ts'

const DAY = 86_400_000
const TYPES: Readonly<Record<number, string>> = {
  1: 'RECOVERED',
  2: 'RENEWED',
  3: 'CANCELED',
  4: 'PURCHASED',
  5: 'ON_HOLD',
  6: 'IN_GRACE_PERIOD',
  7: 'RESTARTED',
  9: 'DEFERRED',
  10: 'PAUSED',
  11: 'PAUSE_SCHEDULE_CHANGED',
  12: 'REVOKED',
  13: 'EXPIRED',
  17: 'ITEMS_CHANGED',
  18: 'CANCELLATION_SCHEDULED',
  19: 'PRICE_CHANGE_UPDATED',
  20: 'PENDING_PURCHASE_CANCELED',
}

/** The chain with the token in force. */
interface Books {
  readonly world: World
  state: TokenState
  canceledAt: number | null
}

type Say = (type: number, at: number, of?: TokenState) => SimulatedNotification

export function createSubscription(world: World, options: SubscribeOptions): SimulatedSubscription {
  const at = options.at ?? world.now()
  const buyer: Buyer = {
    owner: options.owner ?? null,
    test: options.test ?? false,
    currency: options.currency ?? 'USD',
    country: options.country ?? 'US',
    promotionCode: options.promotionCode ?? null,
    settlesLater: options.settlesLater ?? false,
  }
  const state = tokenState(world, buyer, null, [options, ...(options.addOns ?? [])])
  const [owner, token] = [options.expiredOwner ?? null, options.expiredToken ?? null]
  state.expired = owner === null && token === null ? null : { owner, token }
  const books: Books = { world, state, canceledAt: null }
  const say: Say = (type, when, of = books.state) => {
    show(world, of)
    const about = { version: '1.0', notificationType: type, purchaseToken: of.token }
    return world.tell(`SUBSCRIPTION_${TYPES[type] ?? type}`, of.token, when, { subscriptionNotification: about })
  }
  if (options.pending === true) state.state = 'PENDING'
  else begin(books, at)
  const opening = say(4, at)
  return {
    id: state.token,
    get token() {
      return books.state.token
    },
    get expiresAt() {
      return books.state.expiresAt
    },
    get latestOrder() {
      return orderOf(books)
    },
    opening,
    ...paymentActs(books, say),
    ...choiceActs(books, say),
    ...pauseActs(books, say),
    ...changeActs(books, say),
    ...itemActs(books, say),
    ...refundActs(books, say),
    ...returnActs(books),
    forget: () => world.put('subscriptions', books.state.token, { gone: true }),
    tell: (type, act = {}) => say(type, act.at ?? world.now()),
  }
}

type Acts<K extends keyof SimulatedSubscription> = Pick<SimulatedSubscription, K>

function tokenState(world: World, buyer: Buyer, linked: string | null, plans: readonly Plan[]): TokenState {
  return {
    token: world.nextToken(),
    linked,
    buyer,
    startTime: null,
    state: 'ACTIVE',
    expiresAt: 0,
    firstOrder: null,
    renewals: 0,
    items: plans.map(itemState),
    ending: null,
    resumesAt: null,
    pendingCancellation: false,
    acknowledged: false,
    expired: null,
  }
}

function begin({ world, state }: Books, at: number): void {
  state.startTime = at
  state.state = 'ACTIVE'
  charge(world, state, at, at)
}

function orderOf({ state }: Books): string {
  return state.items.find((item) => item.orderId !== null)?.orderId ?? ''
}

/** The next period: offers end with the first, what was chosen takes effect, what was removed goes. */
function nextPeriod(books: Books, at: number, from: number): void {
  const { state } = books
  state.items = state.items.filter((item) => !item.removed)
  for (const item of state.items) {
    item.phase = 'base'
    if (item.deferredTo === null) continue
    item.replaces = { product: item.plan.product, mode: 'DEFERRED' }
    item.plan = item.deferredTo
    item.deferredTo = null
  }
  Object.assign(state, { state: 'ACTIVE', ending: null, resumesAt: null, acknowledged: true })
  charge(books.world, state, at, from)
}

function paymentActs(books: Books, say: Say): Acts<'complete' | 'giveUp' | 'renew' | 'grace' | 'hold' | 'recover'> {
  const { world } = books
  let due = 0
  return {
    complete: (act = {}) => {
      const at = act.at ?? world.now()
      begin(books, at)
      return say(4, at)
    },
    giveUp: (act = {}) => {
      books.state.state = 'PENDING_PURCHASE_CANCELED'
      return say(20, act.at ?? world.now())
    },
    renew: (act = {}) => {
      const end = books.state.expiresAt
      nextPeriod(books, act.at ?? end, end)
      return say(2, act.at ?? end)
    },
    grace: (act = {}) => {
      due = books.state.expiresAt
      books.state.state = 'IN_GRACE_PERIOD'
      books.state.expiresAt = due + (act.days ?? 7) * DAY
      return say(6, act.at ?? due)
    },
    hold: (act = {}) => {
      const { state } = books
      if (state.state === 'ACTIVE') state.expiresAt += DAY
      const at = act.at ?? (state.state === 'PAUSED' ? (state.resumesAt ?? state.expiresAt) : state.expiresAt)
      state.state = 'ON_HOLD'
      return say(5, at)
    },
    recover: (act = {}) => {
      const { state } = books
      const inGrace = state.state === 'IN_GRACE_PERIOD'
      const at = act.at ?? (inGrace ? due + 2 * DAY : (state.resumesAt ?? state.expiresAt + 5 * DAY))
      nextPeriod(books, at, inGrace ? due : at)
      return say(inGrace ? 2 : 1, at)
    },
  }
}

function choiceActs(
  books: Books,
  say: Say,
): Acts<'cancel' | 'restart' | 'expire' | 'scheduleCancellation' | 'increasePrice' | 'defer'> {
  const { world } = books
  const endings = (by: 'user' | 'system' | 'developer', at: number) =>
    ({
      user: {
        userInitiatedCancellation: {
          cancelTime: timeJson(books.canceledAt ?? at),
          cancelSurveyResult: { reason: 'CANCEL_SURVEY_REASON_COST_RELATED' },
        },
      },
      system: { systemInitiatedCancellation: {} },
      developer: { developerInitiatedCancellation: {} },
    })[by]
  return {
    cancel: (act = {}) => {
      const at = act.at ?? world.now()
      const { state } = books
      const onHold = state.state === 'ON_HOLD'
      const by = act.by ?? 'user'
      if (by === 'user') books.canceledAt ??= at
      Object.assign(state, {
        state: onHold ? 'EXPIRED' : 'CANCELED',
        ending: endings(by, at),
        pendingCancellation: false,
      })
      return say(3, at)
    },
    restart: (act = {}) => {
      books.canceledAt = null
      Object.assign(books.state, { state: 'ACTIVE', ending: null })
      return say(7, act.at ?? world.now())
    },
    expire: (act = {}) => {
      books.state.state = 'EXPIRED'
      return say(13, act.at ?? books.state.expiresAt)
    },
    scheduleCancellation: (act = {}) => {
      const at = act.at ?? world.now()
      books.canceledAt = at
      books.state.pendingCancellation = true
      return say(18, at)
    },
    increasePrice: (act = {}) => {
      for (const item of books.state.items) item.priceIncrease = 'OUTSTANDING'
      return say(19, act.at ?? world.now())
    },
    defer: (days, act = {}) => {
      books.state.expiresAt += days * DAY
      return say(9, act.at ?? world.now())
    },
  }
}

function pauseActs(books: Books, say: Say): Acts<'schedulePause' | 'pause'> {
  return {
    // While it is only planned, the resource shows nothing of it.
    schedulePause: (act = {}) => say(11, act.at ?? books.world.now()),
    pause: (act = {}) => {
      const at = act.at ?? books.state.expiresAt
      Object.assign(books.state, { state: 'PAUSED', resumesAt: act.until ?? at + 30 * DAY })
      return say(10, at)
    },
  }
}

function changeActs(books: Books, say: Say): Acts<'change' | 'signUpAgain' | 'topUp'> {
  const { world } = books
  /** The token in force is replaced; `start` sets the new one up. */
  const replace = (
    at: number,
    plans: readonly Plan[],
    start: (state: TokenState, old: TokenState) => void,
  ): Replacement => {
    const old = books.state
    const state = tokenState(world, old.buyer, old.token, plans)
    state.startTime = at
    start(state, old)
    books.state = state
    books.canceledAt = null
    Object.assign(old, { state: 'EXPIRED', ending: { replacementCancellation: {} } })
    show(world, old)
    const opening = say(4, at)
    return { opening, farewell: [say(3, at + 5_000, old), say(13, at + 6_000, old)] }
  }
  return {
    change: (plan, act = {}) => {
      const at = act.at ?? world.now()
      const [main, ...rest] = books.state.items
      return replace(at, [plan, ...rest.map((item) => item.plan)], (state, old) => {
        const item = state.items[0]
        if (item === undefined || main === undefined) return
        if (act.deferred === true) {
          state.items = [{ ...main, deferredTo: plan }, ...rest]
          Object.assign(state, { expiresAt: old.expiresAt, firstOrder: null })
          return
        }
        item.replaces = { product: main.plan.product, mode: 'CHARGE_PRORATED_PRICE' }
        charge(world, state, at, at, act.charged ?? priceOf(item))
      })
    },
    signUpAgain: (act = {}) => {
      const at = act.at ?? world.now()
      return replace(
        at,
        books.state.items.map((item) => item.plan),
        (state, old) => {
          for (const item of state.items) item.phase = 'base'
          charge(world, state, at, at, 0)
          state.expiresAt = old.expiresAt
        },
      )
    },
    topUp: (act = {}) => {
      const at = act.at ?? world.now()
      return replace(
        at,
        books.state.items.map((item) => item.plan),
        (state, old) => charge(world, state, at, old.expiresAt),
      )
    },
  }
}

function returnActs(books: Books): Acts<'resubscribe' | 'acknowledge'> {
  const { world } = books
  return {
    resubscribe: (plan, act = {}) => {
      const { token, buyer, expiresAt, items, expired } = books.state
      const { trial: _, ...same } = (items[0] as ItemState).plan
      const owner = buyer.owner ?? expired?.owner ?? undefined
      return createSubscription(world, {
        ...(plan ?? same),
        test: buyer.test,
        currency: buyer.currency,
        country: buyer.country,
        expiredToken: token,
        ...(owner === undefined ? {} : { expiredOwner: owner }),
        at: act.at ?? expiresAt + 5 * DAY,
      })
    },
    acknowledge: () => {
      books.state.acknowledged = true
      show(world, books.state)
    },
  }
}

function itemActs(books: Books, say: Say): Acts<'addItem' | 'removeItem'> {
  const { world } = books
  return {
    addItem: (plan, act = {}) => {
      const at = act.at ?? world.now()
      const { state } = books
      const end = state.expiresAt
      const others = state.items
      state.items = [itemState(plan)]
      charge(world, state, at, at)
      state.items = [...others, ...state.items]
      state.expiresAt = end
      return say(17, at)
    },
    removeItem: (product, act = {}) => {
      for (const item of books.state.items) if (item.plan.product === product) item.removed = true
      return say(17, act.at ?? world.now())
    },
  }
}

function refundActs(books: Books, say: Say): Acts<'revoke' | 'refund'> {
  const { world } = books
  return {
    revoke: (act = {}) => {
      const at = act.at ?? world.now()
      returnMoney(world, orderOf(books), at, null)
      Object.assign(books.state, { state: 'EXPIRED', expiresAt: at, ending: { developerInitiatedCancellation: {} } })
      return say(12, at)
    },
    refund: (act = {}) => {
      const at = act.at ?? world.now()
      const order = act.order ?? orderOf(books)
      returnMoney(world, order, at, act.amount ?? null)
      show(world, books.state)
      return tellVoided(world, order, at, 1)
    },
  }
}
