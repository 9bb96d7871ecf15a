import { describe, expect, it } from 'vitest'
import { playStore } from '../../src/cli/simulate/play-store.ts'
import { mintGoogleSigner } from '../../src/stand-ins/play-store/google-keys.ts'
import { startPlayStandIn } from '../../src/stand-ins/play-store/server.ts'
import { createSimulatedPlay } from '../../src/stand-ins/play-store/simulator.ts'

describe('the scenarios of Google Play', () => {
  it.each(playStore.scripts)('$name is what the stand-in can live, all of it in the past', async ({ steps }) => {
    const play = createSimulatedPlay({ packageName: 'com.acme.app' })
    const google = await startPlayStandIn({ play, accounts: [], signer: mintGoogleSigner() })
    const now = Date.now()
    const ids: unknown[] = []
    for (const { act, args = [], on = 0 } of steps(now)) {
      const body = JSON.stringify({ act, args, ...(on === null ? {} : { on: ids[on] }) })
      const answer = (await (await fetch(`${google.url}/_act`, { method: 'POST', body })).json()) as Record<
        string,
        unknown
      >
      expect(answer, act).not.toHaveProperty('error')
      ids.push(answer.id)
    }
    await google.close()
    expect(play.notifications.length).toBeGreaterThanOrEqual(ids.length)
    for (const { at, name } of play.notifications) expect(at, name).toBeLessThanOrEqual(now)
    expect(ids.length).toBeGreaterThan(0)
  })
})
