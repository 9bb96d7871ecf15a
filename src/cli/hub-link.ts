import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bracketed, type Config } from '../config.ts'
import { createHttpClient } from '../net/http.ts'
import { readKeys } from '../secrets/open-keys.ts'
import { operatorToken } from '../secrets/operator.ts'
import { CommandFailed } from './failure.ts'

/** How a command speaks to the hub that runs on the same data folder. */

const MAX_ANSWER_BYTES = 33_554_432

function addressFile(dataDir: string): string {
  return join(dataDir, 'address')
}

/** `serve` says where its API is, since a port may have been drawn. A wrong file leads nowhere: the lock decides who runs. */
export function announceAddress(dataDir: string, apiAddress: string): void {
  // On PostgreSQL nobody has made the folder.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(addressFile(dataDir), `${apiAddress}\n`, { mode: 0o600 })
}

export function withdrawAddress(dataDir: string): void {
  rmSync(addressFile(dataDir), { force: true })
}

/** Where the API of the hub on this machine is. */
export function apiAddress(config: Config): string {
  try {
    const announced = readFileSync(addressFile(config.dataDir), 'utf8').trim()
    if (/^https?:\/\/\S+$/.test(announced)) return announced
  } catch {
    // Not announced (yet): where the settings say that it will be.
  }
  const { host, port } = config.admin ?? config
  return `http://${bracketed(host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)}:${port}`
}

/** Where people open the dashboard of a hub that runs on these addresses. */
export function dashboardAddress(
  config: Config,
  running: { readonly address: string; readonly adminAddress: string | null },
): string {
  const named = config.listed.some(({ name, from }) => name === 'TRIBUTARY_BASE_URL' && from !== 'default')
  if (running.adminAddress === null && named) return config.baseUrl
  // No browser goes to "any address of this machine".
  return (running.adminAddress ?? running.address).replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
}

export interface HubAnswer {
  readonly status: number
  readonly json: unknown
}

export interface HubLink {
  /** One request as the operator. Throws CommandFailed with the sentence when the hub cannot be asked. */
  post(path: string, body: string, type: 'application/json' | 'application/yaml'): Promise<HubAnswer>
  close(): Promise<void>
}

/** A batch of an import is worked out within this; a busy hub takes its time. */
const PATIENCE_MS = 300_000

export function openHubLink(config: Config, base: string, patienceMs = PATIENCE_MS): HubLink {
  const ring = readKeys({ given: config.secretKeys(), dataDir: config.dataDir })
  if (ring === null) {
    throw new CommandFailed(
      `There is no key in ${config.dataDir} to speak to the hub with; set TRIBUTARY_DATA_DIR and TRIBUTARY_SECRET_KEY as the hub has them.`,
    )
  }
  const http = createHttpClient()
  return {
    async post(path, body, type) {
      const answer = await http.send({
        method: 'POST',
        url: base + path,
        headers: { authorization: `Operator ${operatorToken(ring, Date.now())}`, 'content-type': type },
        body,
        maxBytes: MAX_ANSWER_BYTES,
        headersTimeoutMs: patienceMs,
        totalTimeoutMs: patienceMs,
      })
      if (answer.kind === 'fault') {
        throw new CommandFailed(
          `The hub at ${base} does not answer (${answer.reason}); if it is starting, try again in a moment.`,
        )
      }
      return { status: answer.status, json: jsonOf(answer.body) }
    },
    close: () => http.close(),
  }
}

/** Asks the hub as its operator, once. Throws CommandFailed with the sentence when it cannot be asked. */
export async function askHub(config: Config, base: string, path: string, body: string): Promise<HubAnswer> {
  const link = openHubLink(config, base, 20_000)
  try {
    return await link.post(path, body, 'application/yaml')
  } finally {
    await link.close()
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
