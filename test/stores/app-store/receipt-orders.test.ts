import { beforeAll, describe, expect, it } from 'vitest'
import type { Observation } from '../../../src/domain/observation.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import { oneTransaction, subscriptionStatuses, transactionHistory } from '../../../src/stand-ins/app-store/api.ts'
import { mintApiKey } from '../../../src/stand-ins/app-store/api-key.ts'
import { mintChain } from '../../../src/stand-ins/app-store/certificates.ts'
import type { SimulatedNotification } from '../../../src/stand-ins/app-store/notification.ts'
import { createSigner } from '../../../src/stand-ins/app-store/sign.ts'
import type { SimulatedAppStore } from '../../../src/stand-ins/app-store/subscription.ts'
import type { StandInReply } from '../../../src/stand-ins/server.ts'
import { createAppStore } from '../../../src/stores/app-store/index.ts'
import type { Shown } from '../../../src/stores/store.ts'
import { SCENARIOS, type Scenario } from '../../domain/scenarios/app-store.ts'
import { app, compared, DAY, type Message, play, record, START, told } from '../../domain/scenarios/play.ts'
import { randomOf } from '../../seed.ts'
import { observationOf, show } from './showing.ts'

const key = mintApiKey()
const api_key = { issuer_id: key.issuerId, key_id: key.keyId, private_key: key.privateKey }
const withKey = { ...app, settings: { ...app.settings, api_key } }
/** Good for as long as the longest scenario lives. */
const signer = createSigner(mintChain({ leafUntil: START + 2_000 * DAY }, START))
const random = randomOf('app-store receipt orders')

/** What a device would show right after a notification, and all that Apple would answer about it then. */
interface Moment {
  readonly at: number
  readonly root: string
  readonly answers: ReadonlyMap<string, StandInReply>
  readonly shown: readonly [Shown, Shown, Shown]
}

function momentOf(store: SimulatedAppStore, notification: SimulatedNotification): Moment {
  const { at } = notification
  const chain = String(notification.decoded.transaction?.originalTransactionId)
  const latest = String(store.chains.get(chain)?.transactions.at(-1)?.id)
  const state = { stores: [store], now: () => at, listed: () => [], generation: () => 1 }
  const asked = (query: string) => {
    const method = 'GET'
    return { method, path: '', query: new URLSearchParams(query), headers: {}, body: Buffer.alloc(0) }
  }
  const history = 'sort=ASCENDING&productType=AUTO_RENEWABLE'
  const answers = new Map<string, StandInReply>([
    [`/inApps/v1/subscriptions/${chain}`, subscriptionStatuses(state, chain, asked(''))],
    [`/inApps/v2/history/${chain}?${history}`, transactionHistory(state, chain, asked(history))],
    [`/inApps/v1/transactions/${chain}`, oneTransaction(state, chain)],
    [`/inApps/v1/transactions/${latest}`, oneTransaction(state, latest)],
  ])
  const { device } = store
  const shown = [
    { kind: 'token', token: device.transactionJws(latest, { at }) },
    { kind: 'token', token: device.appReceipt([chain], { at }) },
    { kind: 'transaction', id: latest },
  ] as const
  return { at, root: store.signer.chain.rootPem, answers, shown }
}

/** Apple as it answered at that moment, however late the receipt comes. */
function appleOf({ answers }: Moment): HttpClient {
  return {
    send: ({ url }) => {
      const { pathname, search } = new URL(url)
      const answer = answers.get(`${pathname}${search}`)
      if (answer === undefined) throw new Error(`Apple was asked for ${pathname}${search}, of which nothing was kept.`)
      const { status, body } = answer
      return Promise.resolve({ kind: 'answer', status, headers: {}, body, truncated: false, durationMs: 0 })
    },
    close: () => Promise.resolve(),
  }
}

function readAt(moment: Moment, shown: Shown, apiKey: boolean): Promise<Observation> {
  const store = createAppStore({
    http: appleOf(moment),
    now: () => moment.at,
    roots: [moment.root],
    apiUrl: 'http://apple.invalid',
  })
  return observationOf(show({ store, app: apiKey ? withKey : app }, shown, { at: moment.at, productIds: [] }))
}

interface Recorded {
  readonly messages: readonly Message[]
  /** As read after the message of this place: the same in every form. */
  readonly receipts: readonly { readonly after: number; readonly observation: Observation }[]
  /** Without a key: a signed transaction alone. */
  readonly alone: readonly { readonly after: number; readonly observation: Observation }[]
}

async function recorded(scenario: Scenario): Promise<Recorded> {
  const moments: Moment[] = []
  const messages = record(
    (store, keep) =>
      scenario.write(store, (notification) => {
        keep(notification)
        moments.push(momentOf(store, notification))
      }),
    signer,
  )
  const receipts: Recorded['receipts'][number][] = []
  const alone: Recorded['alone'][number][] = []
  for (const [after, moment] of moments.entries()) {
    const [signed, ...others] = moment.shown
    const observation = await readAt(moment, signed, true)
    for (const other of others) expect(await readAt(moment, other, true)).toEqual(observation)
    receipts.push({ after, observation })
    alone.push({ after, observation: await readAt(moment, signed, false) })
  }
  return { messages, receipts, alone }
}

function shuffled(length: number): readonly number[] {
  const order = Array.from({ length }, (_, index) => index)
  return order
    .map((index) => ({ index, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ index }) => index)
}

const SHUFFLES = process.env.TRIBUTARY_TEST_FULL === '1' ? 200 : 10

describe.each(SCENARIOS)('receipts in: $name', (scenario) => {
  let known: Recorded
  beforeAll(async () => {
    known = await recorded(scenario)
  })

  it('first, last, between and twice tell exactly what the notifications tell', () => {
    const { messages, receipts } = known
    const inOrder = messages.map((_, index) => index)
    const expected = compared(play(messages, inOrder))
    expect(told(play(messages, inOrder))).toEqual(scenario.events)
    let seen = 0
    for (const { after, observation } of receipts) {
      const all = [...messages, { name: 'receipt', observation, history: null }]
      const receipt = messages.length
      const orders = [
        ...Array.from({ length: receipt + 1 }, (_, at) => inOrder.toSpliced(at, 0, receipt)),
        [receipt, ...inOrder, receipt],
        ...Array.from({ length: SHUFFLES }, () => shuffled(all.length)),
      ]
      for (const order of orders) {
        const name = order.map((index) => all[index]?.name).join(', ')
        expect(compared(play(all, order)), `read after ${messages[after]?.name}: ${name}`).toEqual(expected)
        seen += 1
      }
    }
    expect(seen).toBe(messages.length * (messages.length + 2 + SHUFFLES))
  })

  it('without a key, a signed transaction that comes when it is made tells nothing else either', () => {
    const { messages, alone } = known
    const inOrder = messages.map((_, index) => index)
    const expected = compared(play(messages, inOrder, { apiKey: false }))
    let seen = 0
    for (const { after, observation } of alone) {
      const all = [...messages, { name: 'receipt', observation, history: null }]
      // The transaction of an upgrade does not say that it is one: before its notification it may be told as a renewal.
      const before = messages[after]?.name.endsWith('/UPGRADE') === true ? [] : [after]
      for (const at of [...before, after + 1, messages.length]) {
        const order = inOrder.toSpliced(at, 0, messages.length)
        expect(compared(play(all, order, { apiKey: false })), `read after ${messages[after]?.name}, at ${at}`).toEqual(
          expected,
        )
        seen += 1
      }
    }
    const upgrades = messages.filter(({ name }) => name.endsWith('/UPGRADE')).length
    expect(seen).toBe(3 * messages.length - upgrades)
  })
})
