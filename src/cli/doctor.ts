import { Command } from 'commander'
import { type Config, environment, loadConfig, remoteWarnings } from '../config.ts'
import { openStorage } from '../hub/storage.ts'
import { storesOf } from '../hub/stores.ts'
import { createHttpClient } from '../net/http.ts'
import { keyMisfit, readKeys } from '../secrets/open-keys.ts'
import { outcomeOf } from '../settings/apply-text.ts'
import { readConfigFile } from '../settings/config-file.ts'
import { checkDocument } from '../settings/declaration.ts'
import { loadProjects, type SettingsView } from '../settings/view.ts'
import type { Storage } from '../storage/storage.ts'
import { CATALOGUE } from './connectors.ts'
import { caught, type Finding, fail, ok, warn } from './doctor/check.ts'
import {
  appCallFindings,
  appCredentials,
  appTraffic,
  channelFindings,
  integrationCredentials,
  type Outside,
} from './doctor/connections.ts'
import { hasDatabase, hubRuns, integrityFinding, restoredFindings } from './doctor/database.ts'
import { clockFinding, folderFinding, keyFileFinding, nodeFinding, portFinding, portsOf } from './doctor/machine.ts'
import { ratesFinding } from './doctor/rates.ts'
import { CommandFailed } from './failure.ts'
import { say } from './output.ts'

export function doctorCommand(): Command {
  return new Command('doctor')
    .option('--offline', 'ask no store and no destination', false)
    .action(async ({ offline }: { readonly offline: boolean }) => {
      const config = loadConfig()
      const findings = await examine(config, offline)
      for (const finding of findings) say(lineOf(finding))
      const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
      say(`${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed`)
      if (count('fail') > 0)
        throw new CommandFailed(`Doctor found ${count('fail')} thing(s) that must be put right; see above.`)
    })
}

function lineOf({ level, name, text, fix }: Finding): string {
  return `${level.padEnd(4)}  ${name}: ${text}${fix === null ? '' : `\n      → ${fix}`}`
}

export async function examine(config: Config, offline: boolean): Promise<readonly Finding[]> {
  const running = hubRuns(config.dataDir)
  const ports = await Promise.all(portsOf(config).map((port) => portFinding(port, running)))
  return [
    nodeFinding(),
    clockFinding(Date.now()),
    ok('hub', running ? 'is running on this data folder' : 'is not running'),
    folderFinding(config.dataDir),
    keyFileFinding(config),
    ...ports,
    ...remoteWarnings(config).map((text) => warn('remote', text, 'Right for a proxy or a test; unset it otherwise.')),
    ...configFileFindings(config),
    ...(await databaseFindings(config, offline)),
  ]
}

function configFileFindings({ configFile }: Config): readonly Finding[] {
  if (configFile === null) return []
  const read = readConfigFile(configFile, environment())
  const result = read.kind === 'problems' ? read : checkDocument(read.document, CATALOGUE, Date.now())
  if (result.kind !== 'problems') return [ok('config file', `${configFile} is fine`)]
  const outcome = outcomeOf(configFile, result)
  const faults = outcome.kind === 'refused' ? outcome.faults : []
  return faults.map((fault) => fail('config file', fault, 'Correct this line; the hub does not start with it.'))
}

async function databaseFindings(config: Config, offline: boolean): Promise<readonly Finding[]> {
  if (config.databaseUrl() !== null) return storedInside(config, offline)
  if (!hasDatabase(config.dataDir)) {
    return [
      warn('database', `There is none in ${config.dataDir} yet.`, 'Start the hub once, or check TRIBUTARY_DATA_DIR.'),
    ]
  }
  const whole = integrityFinding(config.dataDir)
  if (whole.level === 'fail') return [whole]
  return [whole, ...(await storedInside(config, offline))]
}

function storedInside(config: Config, offline: boolean): Promise<readonly Finding[]> {
  return caught('database', async () => {
    const storage = await openStorage(config, { readOnly: true, migrate: false })
    try {
      return await storedFindings(config, storage, offline)
    } finally {
      await storage.close()
    }
  })
}

async function storedFindings(config: Config, storage: Storage, offline: boolean): Promise<readonly Finding[]> {
  const source = { given: config.secretKeys(), dataDir: config.dataDir }
  const misfit = await keyMisfit(source, storage)
  if (misfit !== null) return [fail('key', misfit, 'Without it no stored credential can be read.')]
  const ring = readKeys(source)
  if (ring === null) return [ok('key', 'none was needed yet')]
  const view = loadProjects(await storage.loadSettings(), ring, CATALOGUE)
  const broken = view.broken.map(({ kind, projectId, id, reason }) =>
    fail(`${kind} ${projectId}/${id}`, reason, 'Apply the config file again.'),
  )
  const traffic = await Promise.all(
    view.apps.map(async (app) => [
      ...appTraffic(app, await storage.appStatus(app.projectId, app.id), Date.now()),
      ...appCallFindings(app, await storage.appCalls(app.projectId, app.id)),
    ]),
  )
  const [rates] = await storage.loadExchangeRates(1)
  const channels = channelFindings(await storage.loadChannels())
  const outside = offline ? [] : await outsideFindings(config, view)
  const empty =
    view.projects.length === 0
      ? [
          warn(
            'settings',
            'No project is set up yet.',
            'Write a config file and run: tributary apply -f tributary.yaml',
          ),
        ]
      : []
  const restored = restoredFindings(await storage.getMeta('restored_at'), await storage.getMeta('restored_from'))
  return [
    ok('key', 'fits the database'),
    ...restored,
    ratesFinding(rates?.day ?? null, Date.now()),
    ...empty,
    ...broken,
    ...traffic.flat(),
    ...channels,
    ...outside,
  ]
}

async function outsideFindings(config: Config, view: SettingsView): Promise<readonly Finding[]> {
  const http = createHttpClient()
  try {
    const stores = storesOf(config, { http, now: Date.now })
    const outside: Outside = { http, remotes: config.remotes, stores, now: Date.now }
    const checks = [
      ...view.apps.map((app) => caught(`app ${app.projectId}/${app.id}`, () => appCredentials(app, outside))),
      ...view.integrations.map((one) =>
        caught(`integration ${one.projectId}/${one.id}`, () => integrationCredentials(one, outside)),
      ),
    ]
    return (await Promise.all(checks)).flat()
  } finally {
    await http.close()
  }
}
