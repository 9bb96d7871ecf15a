import type { Script, Step } from './script.ts'

/** A message that the stand-in sent, and what the hub answered; null: nothing. */
export interface Sent {
  readonly name: string
  readonly at: number
  readonly status: number | null
}

interface Answer {
  readonly id?: string
  readonly sent?: readonly Sent[]
  readonly error?: string
}

export interface Stage {
  /** The address of the stand-in. */
  readonly standIn: string
  /** Where it sends: the notification address of the app. */
  readonly notify: string
  readonly now: number
  /** Lets at least this long pass before the next step (milliseconds). */
  wait(ms: number): Promise<void>
}

/** What a stand-in does not do, or is not there for, in one sentence. */
export class StandInFault extends Error {}

/** An act sends a few messages to the hub and waits for its answers. */
const ACT_TIMEOUT_MS = 10_000

/**
 * Each step is one act of the stand-in, which sends what comes of it to the hub.
 * @throws StandInFault when the stand-in is not there or refuses.
 */
export async function* play(script: Script, stage: Stage): AsyncGenerator<Sent> {
  const ids: (string | undefined)[] = []
  for (const step of script.steps(stage.now)) {
    if (ids.length > 0) await stage.wait(step.afterMs ?? 0)
    const answer = await act(step, ids, stage)
    ids.push(answer.id)
    yield* answer.sent ?? []
  }
}

/** Whether a stand-in of a store answers there: an act that is none is refused in its own words, and does nothing. */
export async function isStandIn(url: string, timeoutMs: number): Promise<boolean> {
  const answer = await ask(url, '{}', timeoutMs)
  return isAnswer(answer) && typeof answer.error === 'string'
}

async function act(step: Step, ids: readonly (string | undefined)[], { standIn, notify }: Stage): Promise<Answer> {
  const on = step.on === null ? undefined : ids[step.on ?? 0]
  const body = JSON.stringify({ act: step.act, args: step.args ?? [], notify, ...(on === undefined ? {} : { on }) })
  const answer = await ask(standIn, body, ACT_TIMEOUT_MS)
  if (!isAnswer(answer)) throw new StandInFault(`No stand-in answers at ${standIn}; start it, or correct the address.`)
  if (answer.error !== undefined)
    throw new StandInFault(
      `The stand-in at ${standIn} refused "${step.act}" (${answer.error}); is it the one of this store?`,
    )
  return answer
}

async function ask(standIn: string, body: string, timeoutMs: number): Promise<unknown> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(`${standIn}/_act`, { method: 'POST', body, signal, redirect: 'error' })
    return await response.json()
  } catch {
    return null
  }
}

/** Whatever else listens there answers something else, a hub for example. */
function isAnswer(answer: unknown): answer is Answer {
  return typeof answer === 'object' && answer !== null && ('sent' in answer || 'error' in answer)
}
