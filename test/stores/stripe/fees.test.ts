import { describe, expect, it } from 'vitest'
import { OLD_SHAPE } from '../../../src/stand-ins/stripe/event.ts'
import { permutations } from '../../domain/scenarios/play.ts'
import { appOf, DAY, KEY, monthly, SECRET, START, stripeStore } from './setting.ts'
import { play, record, told } from './world.ts'

const app = appOf({ settings: { webhook_secret: [SECRET], secret_key: KEY, actual_fees: true } })
const FEE = Math.round((Math.round(1199 * 0.029) + 30) * (1_000_000 / 1199))
const TAX = Math.round(200 * (1_000_000 / 1199))

describe('actual fees', () => {
  it.each([OLD_SHAPE, undefined])(
    'are on the charge, whoever tells it first, and in whatever order',
    async (apiVersion) => {
      const messages = record(
        (stripe, keep) => {
          const s = stripe.subscribe({ plan: monthly, taxPercent: 20, trial: 'P7D', at: START })
          keep(s.opening)
          keep(s.renew())
          keep(s.refund({ at: START + 20 * DAY }).slice(1))
        },
        apiVersion === undefined ? {} : { apiVersion },
      )
      let seen = 0
      for (const order of permutations(messages.length)) {
        const played = await play(messages, order, { app, api: 'end' })
        expect([...told(played)].sort()).toEqual([
          'CANCELLATION CUSTOMER_SUPPORT -11.99 USD',
          'CONVERSION 11.99 USD',
          'TRIAL',
        ])
        const terms = played.entries
          .filter(({ micros }) => micros !== 0)
          .map(({ reason, terms: of }) => [reason, of.commissionPpm, of.taxPpm, of.estimated])
        expect(terms.sort()).toEqual([
          ['charge', FEE, TAX, false],
          ['refund', FEE, TAX, false],
        ])
        seen += 1
      }
      expect(seen).toBe(120)
    },
  )

  it('are on what is bought once', async () => {
    const lines = [{ price: 'price_hat', product: 'prod_hat', amount: 1000 }]
    const messages = record((stripe, keep) => keep(stripe.checkout({ at: START, lines }).opening))
    const { entries } = await play(messages, [0], { app })
    expect(entries[0]?.terms).toMatchObject({ commissionPpm: 59_000, taxPpm: 0, estimated: false })
  })

  it('are not asked for where the app does not take them, or nothing was paid', async () => {
    const messages = record((stripe, keep) => {
      const s = stripe.subscribe({ plan: monthly, percentOff: 100, at: START })
      keep(s.opening)
    })
    const { asked } = await play(messages, [0, 1, 2], { app })
    expect(asked.filter((path) => path.includes('payment'))).toEqual([])
    const paid = record((stripe, keep) => keep(stripe.subscribe({ plan: monthly, at: START }).opening))
    expect((await play(paid, [0, 1, 2])).asked).toEqual([])
  })

  it('need a key', () => {
    const without = appOf({ settings: { webhook_secret: [SECRET], actual_fees: true } })
    expect(stripeStore().refuse(without)).toMatch(/actual_fees of web needs a secret_key/)
    expect(stripeStore().refuse(app)).toBeNull()
  })
})
