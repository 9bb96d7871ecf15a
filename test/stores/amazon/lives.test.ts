import { describe, expect, it } from 'vitest'
import type { SimulatedNotification } from '../../../src/stand-ins/amazon/simulator.ts'
import type { SimulatedAmazon } from '../../../src/stand-ins/amazon/store.ts'
import { randomOf } from '../../seed.ts'
import { compared, eventsOf, play, playWithout, record, type Shown } from './play.ts'
import { DAY, HOUR, MINUTE, START } from './setting.ts'

const FULL = process.env.TRIBUTARY_TEST_FULL === '1'
const LIVES = FULL ? 3_000 : 150
const TIMEOUT = FULL ? 600_000 : 60_000
const ORDERS = 4

const random = randomOf('amazon lives')
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

/** A life of up to six acts: terms and days of the month, trials, switches, grace, and one of Amazon's ends. */
function live(amazon: SimulatedAmazon, keep: (notification: SimulatedNotification) => void): void {
  const at = START + below(60) * DAY + below(24) * HOUR
  // Short enough for the memory of a purchase, which is 200 days.
  const term = pick(['1 Month', '1 Month', '2 Weeks'])
  // A trial of a whole term cannot be told from a paid period once it is over: decision 66.
  const trial = pick([undefined, undefined, 'P1W', term === '1 Month' ? 'P2W' : 'P1W'])
  const s = amazon.subscribe({ product: 'premium', at, term, ...(trial === undefined ? {} : { trial }) })
  keep(s.opening)
  let after = at
  for (let acts = below(5); acts > 0; acts -= 1) {
    const end = s.state.end ?? at
    const inside = after + Math.floor(((end - after) * (1 + below(7))) / 9)
    const act = pick(['renew', 'switch', 'fail'])
    if (act === 'switch') {
      keep(s.state.autoRenewing ? s.turnOff({ at: inside }) : s.turnOn({ at: inside }))
      after = inside
    } else if (s.state.autoRenewing && act === 'renew') {
      keep(s.renew())
      after = end
    } else if (s.state.autoRenewing) {
      keep(s.failToRenew({ grace: 'P6D' }))
      if (below(3) === 0) {
        keep(s.graceExpired())
        return
      }
      after = end + (1 + below(5)) * DAY
      keep(s.recover({ at: after }))
    }
  }
  if (!s.state.autoRenewing) keep(s.expire())
  // Not to the minute a trial's length after the purchase, which reads as the end of a trial.
  else if (below(3) === 0)
    keep(s.cancel({ at: after + Math.floor(((s.state.end ?? after) - after) / 2) + 17 * MINUTE }))
}

/**
 * A trial that is over is on no receipt: its purchase must have been heard of in time, which SNS takes care of within the
 * hour. Whatever else there is comes in any order.
 */
function ordered(count: number, trial: boolean): readonly number[] {
  const keyed = Array.from({ length: count }, (_, index) => ({ index, key: trial && index === 0 ? -1 : random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ index }) => index)
}

describe(`${LIVES} lives`, () => {
  it.each(['arrived', 'end'] as const)(
    'tell the same in every order (receipts as of: %s)',
    async (receipts) => {
      let seen = 0
      for (let n = 0; n < LIVES; n += 1) {
        const recorded = record({ write: live })
        const trial = [...recorded.world.values()].some(({ trialEnd }) => trialEnd !== null)
        const shown: Shown = trial && receipts === 'end' ? 'end, bought in time' : receipts
        const expected = compared(
          await play(
            recorded,
            recorded.messages.map((_, index) => index),
          ),
        )
        for (let order = 0; order < ORDERS; order += 1) {
          const shuffled = ordered(recorded.messages.length, trial)
          const names = shuffled.map((index) => {
            const one = recorded.messages[index] as SimulatedNotification
            return `${index} ${one.name} ${new Date(one.at).toISOString()}`
          })
          expect(compared(await play(recorded, shuffled, shown)), `life ${n}\n${names.join('\n')}`).toEqual(expected)
          // A receipt somewhere among them, but not before the purchase of a trial was heard of in time.
          const place = trial ? 1 + below(shuffled.length) : below(shuffled.length + 1)
          const posted = await play(recorded, shuffled, shown, [{ place }])
          expect(compared(posted), `life ${n}, receipt at ${place}\n${names.join('\n')}`).toEqual(expected)
          seen += 1
        }
      }
      expect(seen).toBe(LIVES * ORDERS)
    },
    TIMEOUT,
  )

  it(
    'tell the same without one message, by what the readings show',
    async () => {
      let healed = 0
      for (let n = 0; n < LIVES; n += 1) {
        const recorded = record({ write: live })
        const { messages } = recorded
        const whole = eventsOf(
          await play(
            recorded,
            messages.map((_, index) => index),
          ),
        )
        // Without its first message a purchase is not known, and cannot be read.
        const lost = 1 + below(messages.length - 1)
        if (lost >= messages.length) continue
        const names = messages.map(
          (one, index) => `${index === lost ? 'lost ' : ''}${one.name} ${new Date(one.at).toISOString()}`,
        )
        expect(eventsOf(await playWithout(recorded, lost)), `life ${n}\n${names.join('\n')}`).toEqual(whole)
        healed += 1
      }
      expect(healed).toBeGreaterThan(LIVES / 2)
    },
    TIMEOUT,
  )
})
