import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Config } from '../../config.ts'
import { keyFileOf, readKeyFile } from '../../secrets/key-file.ts'
import { type Finding, fail, ok, warn } from './check.ts'

/** Node.js, clock, folder, ports: what can be seen without a database. */

/** When this was written: a clock before it is wrong. */
const WRITTEN = Date.parse('2026-11-01T00:00:00Z')
const YEARS_20 = 20 * 365 * 86_400_000

export function clockFinding(now: number): Finding {
  const shown = new Date(now).toISOString()
  if (now >= WRITTEN && now < WRITTEN + YEARS_20) return ok('clock', shown)
  return fail(
    'clock',
    `The clock says ${shown}.`,
    'Set the clock (NTP); Apple refuses requests that are signed in another minute.',
  )
}

export function nodeFinding(): Finding {
  return ok('node', `Node.js ${process.version}`)
}

export function folderFinding(dataDir: string): Finding {
  if (!existsSync(dataDir)) return ok('data folder', `${dataDir} is made at the first start`)
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      'data folder',
      `${dataDir} is not writable for this user.`,
      `Give it to the user of the hub: chown -R USER ${dataDir}`,
    )
  }
  if (process.platform !== 'win32' && (statSync(dataDir).mode & 0o007) !== 0) {
    return warn('data folder', `${dataDir} is open to every user of this machine.`, `Close it: chmod 700 ${dataDir}`)
  }
  return ok('data folder', `${dataDir} is writable`)
}

export function keyFileFinding(config: Config): Finding {
  if (config.secretKeys() !== null) return ok('key', 'TRIBUTARY_SECRET_KEY is set')
  const file = readKeyFile(config.dataDir)
  switch (file.kind) {
    case 'absent':
      return ok('key', 'made at the first start')
    case 'unusable':
      return fail('key', file.reason, 'Without it no stored credential can be read.')
    case 'key':
      return file.readableByOthers
        ? warn('key', 'The key file is readable for others.', `Close it: chmod 600 ${keyFileOf(config.dataDir)}`)
        : ok('key', `${keyFileOf(config.dataDir)}; keep a copy with your backups`)
  }
}

export interface PortInUse {
  readonly name: string
  readonly setting: string
  readonly host: string
  readonly port: number
}

export function portsOf(config: Config): readonly PortInUse[] {
  const { host, port, admin, metrics } = config
  const all = [
    { name: 'public port', setting: 'TRIBUTARY_PORT', host, port },
    ...(admin === null ? [] : [{ name: 'admin port', setting: 'TRIBUTARY_ADMIN_PORT', ...admin }]),
    { name: 'metrics port', setting: 'TRIBUTARY_METRICS_PORT', ...metrics },
  ]
  return all.filter((one) => one.port !== 0)
}

/** `hubRuns`: whoever holds the port is then taken for the hub. */
export async function portFinding({ name, setting, host, port }: PortInUse, hubRuns: boolean): Promise<Finding> {
  const code = await listenCode(host, port)
  if (code === null)
    return hubRuns
      ? warn(name, `${host}:${port} is free although the hub runs.`, `Run doctor with the ${setting} of the hub.`)
      : ok(name, `${host}:${port} is free`)
  if (code === 'EADDRINUSE' && hubRuns) return ok(name, `${host}:${port} is the hub's`)
  if (code === 'EADDRINUSE')
    return fail(
      name,
      `${host}:${port} is in use by another program.`,
      `Stop that one, or choose another port with ${setting}.`,
    )
  return fail(name, `${host}:${port} cannot be used (${code}).`, `Choose another address or port with ${setting}.`)
}

function listenCode(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const server = createServer()
  server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  return promise
}
