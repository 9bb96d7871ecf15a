import { Command } from 'commander'
import type { Logger } from 'pino'
import { type Config, loadConfig, remoteWarnings } from '../config.ts'
import { createLog } from '../http/log.ts'
import type { Hub } from '../main.ts'
import { CommandFailed } from './failure.ts'
import { announceAddress, dashboardAddress, withdrawAddress } from './hub-link.ts'
import { complain, say } from './output.ts'

/** The hub drains for 25 s; what has not ended by then is taken up again at the next start. */
const CLOSE_DEADLINE_MS = 28_000

export function serveCommand(): Command {
  return new Command('serve')
    .option('--no-migrate', 'refuse an older schema of PostgreSQL instead of bringing it up to date')
    .action(async (flags: { readonly migrate: boolean }) => {
      const config = loadConfig()
      const log = createLog({ level: config.logLevel })
      for (const warning of remoteWarnings(config)) log.warn(warning)
      // Loaded late: --help and the small commands do without the whole hub.
      const { startHub } = await import('../main.ts')
      const hub = await startHub({ config, log, migrate: flags.migrate }).catch((error: unknown) => {
        throw startFailure(error)
      })
      const { address, adminAddress } = hub
      // Before anybody is told that it runs: who stops it at once must find it listening to that too.
      const end = ended(log)
      // Where PostgreSQL is, commands speak to it; there need not be a data folder.
      const embedded = hub.storage.driver === 'embedded'
      if (embedded) announceAddress(config.dataDir, adminAddress ?? address)
      const where = adminAddress === null ? address : `${address}, dashboard and API on ${adminAddress}`
      log.info(
        { address, admin: adminAddress, data: embedded ? config.dataDir : 'PostgreSQL' },
        `Tributary listens on ${where}`,
      )
      if (process.stdout.isTTY || !log.isLevelEnabled('info')) say(`Tributary listens on ${where}`)
      await offerSetup(hub, config, log)
      await end
      if (embedded) withdrawAddress(config.dataDir)
      await closed(hub, log)
    })
}

/**
 * While nobody has an account: the link that makes the first, which whoever can read what the hub prints may have. It is
 * the one secret that a log holds, for a day at most and for one use.
 */
async function offerSetup(hub: Hub, config: Config, log: Logger): Promise<void> {
  if (config.role === 'worker') return
  const token = await hub.members.setupToken()
  if (token === null) return
  const link = `${dashboardAddress(config, hub)}/link#${token}`
  log.info({ link }, 'Nobody has an account yet: open this link within 24 hours to make the first')
  if (process.stdout.isTTY || !log.isLevelEnabled('info')) say(`Make the first account (within 24 hours): ${link}`)
}

/** A plain Error of the start is a sentence for the operator; every other kind is a bug. */
function startFailure(error: unknown): unknown {
  const spoken = error instanceof Error && error.constructor === Error && !('code' in error)
  return spoken ? new CommandFailed(error.message) : error
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
function ended(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(1)
    asked = true
    log.info({ signal }, 'Shutting down: what is in flight is settled first')
    resolve()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return promise
}

async function closed(hub: { close(): Promise<void> }, log: Logger): Promise<void> {
  const deadline = setTimeout(() => {
    complain(
      `The hub did not close within ${CLOSE_DEADLINE_MS / 1000} s; nothing is lost, what was in flight is sent again at the next start.`,
    )
    process.exit(1)
  }, CLOSE_DEADLINE_MS)
  await hub.close()
  clearTimeout(deadline)
  log.info('Stopped')
}
