import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { ANA } from './demo/app-store.ts'
import type { Scene } from './demo/scene.ts'
import { DEMO_SECRET_KEY } from './demo/secret-key.ts'
import { demoStory } from './demo/story.ts'
import { type Line, propertiesOf, tracksOf, verdict } from './demo/verdict.ts'
import { startWorld, type World } from './demo/world.ts'
import { dashboardAddress } from './hub-link.ts'
import { say } from './output.ts'

const DEFAULT_PORT = 7070
const PACE_MS = 400
const PATIENCE_MS = 30_000

export function demoCommand(): Command {
  return new Command('demo')
    .option('--once', 'play everything once, check what arrived and end', false)
    .action(async (flags: { readonly once: boolean }) => {
      process.exitCode = await demo(flags)
    })
}

/**
 * Plays the demo: the real hub on an embedded database in a temporary folder, with stores that really sign and with strict
 * stand-ins of Segment and CleverTap. `once`: plays everything, checks both ledgers, gives the exit code.
 */
async function demo(flags: { readonly once: boolean }): Promise<number> {
  const world = await openWorld(flags.once)
  const scenes = demoStory(world.stores, Date.now())
  const teller = tellArrivals(world)
  try {
    say(
      `Tributary demo: the hub is on ${world.hub.address}; every store, Segment and CleverTap are played on this machine.\n`,
    )
    await setAttributes(world)
    for (const scene of scenes) {
      await play(scene, world)
      teller.tell()
      if (!flags.once) await pause(PACE_MS)
    }
    const lines = verdict(scenes, world)
    printTable(lines)
    const right = lines.every((line) => line.right)
    say(
      right
        ? '\nEach destination received exactly what it should: nothing dropped, nothing double, in order.'
        : '\nThe ledgers differ from what was expected: see the lines marked with ✗.',
    )
    if (!flags.once) await stayUp(world)
    return right ? 0 : 1
  } finally {
    await world.close()
  }
}

/** The usual port when it is free, any other when it is not. */
async function openWorld(once: boolean): Promise<World> {
  if (once) return startWorld(0)
  try {
    return await startWorld(DEFAULT_PORT)
  } catch {
    return startWorld(0)
  }
}

/** What an app's backend or SDK would tell of Ana; `$clevertapId` makes CleverTap find her profile. */
async function setAttributes({ hub }: World): Promise<void> {
  const now = Date.now()
  const attributes = {
    $email: { value: 'ana@example.com', updated_at_ms: now },
    $clevertapId: { value: '__ana', updated_at_ms: now },
    plan_goal: { value: 'run 10k', updated_at_ms: now },
  }
  const answer = await fetch(`${hub.address}/v1/subscribers/${ANA}/attributes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${DEMO_SECRET_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ attributes }),
  })
  if (!answer.ok) throw new Error(`The hub refused the demo's attributes with ${answer.status}: ${await answer.text()}`)
}

/** Sends a scene's messages as the store does and waits until all that came of it is delivered. */
async function play(scene: Scene, world: World): Promise<void> {
  say(`● ${scene.say}`)
  for (const { name, path, headers, body } of scene.send()) {
    const answer = await fetch(`${world.hub.address}${path}`, { method: 'POST', headers, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The hub answered ${answer.status} to ${name}: ${text}`)
    // Messages that overtake each other must not be understood together.
    await settled(world)
  }
}

/** Idle, with nothing put off: what a store did not answer is asked again in five seconds. */
async function atRest({ hub }: World): Promise<void> {
  await hub.idle()
  while ((await hub.storage.inboxDepths()).waiting > 0) {
    await pause(50)
    await hub.idle()
  }
}

async function settled(world: World): Promise<void> {
  const late = pause(PATIENCE_MS, 'late' as const, { ref: false })
  const end = await Promise.race([atRest(world), late])
  if (end === 'late')
    throw new Error(
      `Something still waits after ${PATIENCE_MS / 1000} s; run the demo again with TRIBUTARY_LOG_LEVEL=info to see what.`,
    )
}

/** Prints what reached the destinations since the last time. */
function tellArrivals(world: World): { tell(): void } {
  let segment = 0
  let clevertap = 0
  return {
    tell: () => {
      const tracks = tracksOf(world)
      for (const track of tracks.slice(segment)) {
        const { revenue, currency, environment, product_id } = propertiesOf(track.body)
        // Amazon tells no prices: then there is no revenue at all, not 0.
        const money = revenue === undefined ? '–' : `${String(revenue)} ${String(currency)}`
        say(
          `    → Segment    ${String(track.event).padEnd(38)} ${String(product_id).padEnd(24)} ${money.padStart(11)}${environment === 'SANDBOX' ? '  sandbox' : ''}`,
        )
      }
      segment = tracks.length
      const records = world.clevertap.accepted()
      for (const record of records.slice(clevertap)) {
        say(`    → CleverTap  ${String(record.event).padEnd(38)} ${record.identifiedBy} ${record.customerId}`)
      }
      clevertap = records.length
    },
  }
}

function printTable(lines: readonly Line[]): void {
  const row = (cells: readonly string[]): string =>
    `  ${(cells[0] ?? '').padEnd(48)}${cells
      .slice(1)
      .map((cell) => cell.padStart(11))
      .join('')}`
  say(`\n${row(['event', 'expected', 'Segment', 'CleverTap'])}`)
  say(`  ${'─'.repeat(81)}`)
  for (const line of lines) {
    say(
      `${row([line.what, String(line.expected), String(line.segment), line.clevertap === null ? '–' : String(line.clevertap)])}  ${line.right ? '✓' : '✗'}`,
    )
  }
}

const DEMO_ACCOUNT = { email: 'demo@example.com', name: 'Demo' } as const

/** Makes the account of the demo, whose password nobody knows, and a link that signs in as it. */
async function dashboardLink({ hub, config }: World): Promise<string> {
  const { members } = hub
  const setup = await members.setupToken()
  if (setup !== null) await members.use(setup, { ...DEMO_ACCOUNT, password: randomUUID() })
  return `${dashboardAddress(config, hub)}/link#${await members.signInToken(DEMO_ACCOUNT.email, 'the demo')}`
}

/** Until Ctrl-C: a hub to look around in. */
async function stayUp(world: World): Promise<void> {
  const { address } = world.hub
  say(`\nThe hub goes on until Ctrl-C. The dashboard, signed in as ${DEMO_ACCOUNT.email} by a link that works once:
  ${await dashboardLink(world)}

Or ask the API:
  curl -s -H 'authorization: Bearer ${DEMO_SECRET_KEY}' ${address}/api/projects/acme/events
  curl -s -H 'authorization: Bearer ${DEMO_SECRET_KEY}' ${address}/api/projects/acme/integrations/clevertap/deliveries
  curl -s ${address}/api/openapi.json`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  say('\nStopping…')
}
