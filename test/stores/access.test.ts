import { describe, expect, it } from 'vitest'
import type { Happening } from '../../src/domain/happening.ts'
import type { Purchase } from '../../src/domain/purchase-state.ts'
import { judgeAccess, type Step } from '../domain/access-judge.ts'
import { play as playAmazon, record as recordAmazon } from './amazon/play.ts'
import { SCENARIOS as AMAZON } from './amazon/scenarios.ts'
import { MINUTE } from './amazon/setting.ts'
import { play as playPlay } from './play-store/played.ts'
import { SCENARIOS as PLAY_STORE, written } from './play-store/scenarios.ts'
import { eventsOf, playEvents } from './revenuecat/play.ts'
import { FEED_SCENARIOS } from './revenuecat/scenarios.ts'
import { SCENARIOS as STRIPE } from './stripe/scenarios.ts'
import { play as playStripe, record as recordStripe } from './stripe/world.ts'

/** Every life that a store's own tests tell, through its own connector: access is what its events say. */

interface Known {
  readonly purchases: ReadonlyMap<string, Purchase>
  readonly happenings: readonly Happening[]
}

/** What is known after each message. `times`: when each had been taken in. */
async function stepsOf(times: readonly number[], playFirst: (order: readonly number[]) => Known | Promise<Known>) {
  const steps: Step[] = []
  for (const [index, at] of times.entries()) {
    const { purchases, happenings } = await playFirst(Array.from({ length: index + 1 }, (_, one) => one))
    steps.push({ at, purchases: [...purchases.values()], happenings: [...happenings] })
  }
  return steps
}

function agree(steps: readonly Step[]): void {
  const judged = judgeAccess(steps)
  expect(judged.wrong).toEqual([])
  const somethingWasSold = (steps.at(-1)?.happenings.length ?? 0) > 0
  if (somethingWasSold) expect(judged.compared).toBeGreaterThan(5)
  else expect(steps.flatMap(({ purchases }) => purchases)).toEqual([])
}

describe('access at Google Play is what the events say', () => {
  it.each(PLAY_STORE)('$name', async (scenario) => {
    const messages = written(scenario)
    const times = messages.map(({ at }, index) => at + MINUTE + index + 2)
    agree(await stepsOf(times, (order) => playPlay(messages, order)))
  })
})

describe('access at Amazon is what the events say', () => {
  it.each(AMAZON)('$name', async (scenario) => {
    const recorded = recordAmazon(scenario)
    const times = recorded.messages.map(({ at }) => at + MINUTE)
    agree(await stepsOf(times, (order) => playAmazon(recorded, order)))
  })
})

describe('access at Stripe is what the events say', () => {
  it.each(STRIPE)('$name', async ({ write }) => {
    const messages = recordStripe(write)
    const times = messages.map(({ event }) => event.at + 2_000)
    agree(await stepsOf(times, (order) => playStripe(messages, order)))
  })
})

describe('access by a feed is what the events say', () => {
  it.each(FEED_SCENARIOS)('$name', async (scenario) => {
    const events = eventsOf(scenario)
    const times = events.map(({ at }) => at + 1_000)
    agree(await stepsOf(times, (order) => playEvents(order.flatMap((index) => events[index] ?? []))))
  })
})
