import {
  issuer,
  keys,
  networks,
  oneOf,
  originOnly,
  type Parsed,
  path,
  pem,
  port,
  postgresUrl,
  rate,
  readText,
  text,
  url,
} from './config/values.ts'

/** The hub's own settings, read once at start. Paths are absolute, URLs have no slash at their end. */
export interface Config {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Where the dashboard and /api move to; null: they stay on the public port. */
  readonly admin: { readonly host: string; readonly port: number } | null
  readonly metrics: { readonly host: string; readonly port: number }
  readonly baseUrl: string
  readonly dataDir: string
  /** postgres://…; null: the embedded database. A function, since it may hold a password. */
  readonly databaseUrl: () => string | null
  /** Keys of 32 bytes, the first is current; null: the data folder's own. A function, so that no log prints them. */
  readonly secretKeys: () => readonly Buffer[] | null
  /** What `backup --with-key` keeps the key under; null when not set. A function, so that no log prints it. */
  readonly backupPassphrase: () => string | null
  /** The YAML file that is applied at start. */
  readonly configFile: string | null
  readonly role: Role
  readonly logLevel: LogLevel
  /** Addresses and networks whose X-Forwarded-* headers count. */
  readonly trustProxy: readonly string[]
  /** Requests a second on the SDK wire; 0: no limit. */
  readonly rates: { readonly perKey: number; readonly perAddress: number; readonly perCustomer: number }
  /** The identity provider by which people may sign in; null: by passwords and links alone. */
  readonly oidc: {
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: () => string
    readonly name: string
  } | null
  /** PEM text that replaces the built-in Apple roots. */
  readonly appleRootCerts: string | null
  /** Where a remote was moved to by the operator; null: its real address. */
  readonly remotes: Readonly<Record<RemoteName, string | null>>
  /** Every setting as text, secrets masked: for `config print` and the first log line. */
  readonly listed: readonly ListedSetting[]
}

/** What a process does: all of it, only HTTP, or only the work behind it. */
export const ROLES = ['all', 'web', 'worker'] as const
export type Role = (typeof ROLES)[number]

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface ListedSetting {
  readonly name: string
  readonly value: string
  readonly from: 'default' | 'environment' | 'file'
}

/** Every problem of the environment, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of this process, for what a config file takes from it by `${NAME}`. */
export function environment(): Environment {
  return process.env
}

// ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Setting<T> {
  readonly name: string
  /** As text, and read like a given value; null: none. */
  readonly default: string | null
  /** Shown in place of the default where there is none. */
  readonly unset?: string
  readonly help: string
  readonly secret?: boolean
  /** A remote that the operator may move; start-up warns when it is set. */
  readonly remote?: boolean
  readonly parse: (text: string) => Parsed<T>
}

function setting<T>(
  name: string,
  fallback: string | { readonly unset: string } | null,
  help: string,
  parse: (text: string) => Parsed<T>,
): Setting<T> {
  const base = { name: `TRIBUTARY_${name}`, help, parse }
  if (fallback === null || typeof fallback === 'string') return { ...base, default: fallback }
  return { ...base, default: null, unset: fallback.unset }
}

function remote(name: string, help: string, parse: (value: string) => Parsed<string> = url): Setting<string> {
  return { ...setting(name, { unset: 'the real one' }, help, parse), remote: true }
}

const REMOTES = {
  apple_api: remote('APPLE_API_URL', 'App Store Server API'),
  google_api: remote('GOOGLE_API_URL', 'Google Play Developer API (androidpublisher)'),
  google_pubsub: remote('GOOGLE_PUBSUB_URL', 'Google Cloud Pub/Sub'),
  google_token: remote('GOOGLE_TOKEN_URL', "Google's token endpoint"),
  google_jwks: remote('GOOGLE_JWKS_URL', "Google's public keys"),
  amazon_rvs: remote('AMAZON_RVS_URL', 'Amazon Receipt Verification Service'),
  amazon_sns: remote(
    'AMAZON_SNS_ORIGIN',
    'https://sns.REGION.amazonaws.com, for certificates and confirmation',
    originOnly,
  ),
  stripe_api: remote('STRIPE_API_URL', 'Stripe API'),
  segment: remote('SEGMENT_URL', 'Segment, every region'),
  segment_cdn: remote('SEGMENT_CDN_URL', "Segment's settings host, which knows whether a write key exists"),
  clevertap: remote('CLEVERTAP_URL', 'CleverTap, every region'),
  fx: remote('FX_URL', 'exchange rates: asked for `?date=YYYY-MM-DD&base=USD`, answers `{date, base, rates}`'),
} as const
export type RemoteName = keyof typeof REMOTES

const KEY_HELP =
  '32 bytes in base64 that encrypt stored credentials; several separated by commas for rotation, the first is current'

const RATE_HELP = 'Requests a second to the SDK wire, ten seconds of them at once,'

const SETTINGS = {
  host: setting('HOST', '127.0.0.1', 'Address of the public port', text),
  port: setting('PORT', '7070', 'The public port: notifications, SDK, API, dashboard; 0 takes a free one', port),
  adminHost: setting('ADMIN_HOST', { unset: '127.0.0.1' }, 'Address of the admin port', text),
  adminPort: setting('ADMIN_PORT', { unset: 'the public port' }, 'When set, dashboard and /api move there', port),
  metricsHost: setting('METRICS_HOST', '127.0.0.1', 'Address of the metrics port', text),
  metricsPort: setting('METRICS_PORT', '7071', '/metrics; /healthz and /readyz are on both', port),
  baseUrl: setting('BASE_URL', { unset: 'http://HOST:PORT' }, 'How the outside reaches the public port', url),
  dataDir: setting('DATA_DIR', './data', 'Folder of the embedded database, its lock and the generated key', path),
  databaseUrl: {
    ...setting(
      'DATABASE_URL',
      { unset: 'embedded' },
      'PostgreSQL 15 or newer: postgres://USER:PASSWORD@HOST/DATABASE',
      postgresUrl,
    ),
    secret: true,
  },
  secretKeys: { ...setting('SECRET_KEY', { unset: 'generated into the data folder' }, KEY_HELP, keys), secret: true },
  backupPassphrase: {
    ...setting('BACKUP_PASSPHRASE', null, 'What `tributary backup --with-key` keeps the secret key under', text),
    secret: true,
  },
  configFile: setting('CONFIG', null, 'YAML file that is applied at start (config-file.md)', path),
  role: setting(
    'ROLE',
    'all',
    'all, web (HTTP only) or worker (the work behind it); the latter two with PostgreSQL',
    oneOf(ROLES),
  ),
  logLevel: setting('LOG_LEVEL', 'info', LOG_LEVELS.join(', '), oneOf(LOG_LEVELS)),
  trustProxy: setting('TRUST_PROXY', null, 'Addresses or networks whose X-Forwarded-* headers count', networks),
  ratePerKey: setting('RATE_PER_KEY', '3000', `${RATE_HELP} of one key; 0: no limit`, rate),
  ratePerAddress: setting(
    'RATE_PER_ADDRESS',
    '300',
    `${RATE_HELP} from one address without a secret key; 0: no limit`,
    rate,
  ),
  ratePerCustomer: setting('RATE_PER_CUSTOMER', '30', `${RATE_HELP} about one customer; 0: no limit`, rate),
  oidcIssuer: setting('OIDC_ISSUER', null, 'Identity provider of the dashboard, as its issuer is written', issuer),
  oidcClientId: setting('OIDC_CLIENT_ID', null, 'Client id that the provider gave', text),
  oidcClientSecret: {
    ...setting('OIDC_CLIENT_SECRET', null, 'Client secret that the provider gave', text),
    secret: true,
  },
  oidcName: setting('OIDC_NAME', 'single sign-on', 'What the button says: Sign in with …', text),
  appleRootCerts: {
    ...setting('APPLE_ROOT_CERTS', { unset: 'the built-in ones' }, 'the built-in Apple roots: a PEM file', pem),
    remote: true,
  },
} as const

const ALL: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ...Object.values(REMOTES)]

// ── reading it ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads the hub's settings; throws ConfigError with every problem. An empty variable counts as not set. */
export function loadConfig(source: Environment = process.env): Config {
  const problems = unknownNames(source)
  const listed: ListedSetting[] = []
  const read = <T>(setting: Setting<T>): T | null => {
    const set = given(source, setting.name, problems)
    listed.push({ name: setting.name, value: shown(setting, set?.text ?? null), from: set?.from ?? 'default' })
    const value = set?.text ?? setting.default
    if (value === null) return null
    const parsed = setting.parse(value)
    if ('value' in parsed) return parsed.value
    problems.push(`${setting.name}${set?.from === 'file' ? '_FILE' : ''} ${parsed.fix}.`)
    return null
  }
  const config = build(read)
  if ((source.TRIBUTARY_ADMIN_HOST ?? '') !== '' && config.admin === null) {
    problems.push('TRIBUTARY_ADMIN_HOST does nothing without TRIBUTARY_ADMIN_PORT; set both or neither.')
  }
  problems.push(...misfits(config), ...halfProvider(source, config))
  if (problems.length > 0) throw new ConfigError(problems)
  return { ...config, listed }
}

/** Settings that are well formed each and do not go together. */
function misfits(config: Omit<Config, 'listed'>): readonly string[] {
  const embedded = config.databaseUrl() === null
  if (embedded && config.role !== 'all') {
    return [
      `TRIBUTARY_ROLE is ${config.role}, which needs PostgreSQL; set TRIBUTARY_DATABASE_URL, or leave the role empty.`,
    ]
  }
  if (!embedded && config.secretKeys() === null) {
    return [
      'TRIBUTARY_SECRET_KEY is required with PostgreSQL, since every process needs the same one; make one with `openssl rand -base64 32` and keep it safe.',
    ]
  }
  return []
}

/** An identity provider is set whole. */
function halfProvider(source: Environment, { oidc }: Pick<Config, 'oidc'>): readonly string[] {
  if (oidc !== null) return []
  const names = ['TRIBUTARY_OIDC_ISSUER', 'TRIBUTARY_OIDC_CLIENT_ID', 'TRIBUTARY_OIDC_CLIENT_SECRET']
  const set = names.filter((name) => (source[name] ?? source[`${name}_FILE`] ?? '') !== '')
  if (set.length === 0 || set.length === names.length) return []
  const missing = names.filter((name) => !set.includes(name))
  return [
    `${set.join(' and ')} ${set.length === 1 ? 'does' : 'do'} nothing without ${missing.join(' and ')}; set all three or none.`,
  ]
}

function build(read: <T>(setting: Setting<T>) => T | null): Omit<Config, 'listed'> {
  // The fallbacks after ?? stand only where a problem was noted, and are thrown away with it.
  const host = read(SETTINGS.host) ?? ''
  const port = read(SETTINGS.port) ?? 0
  const adminHost = read(SETTINGS.adminHost)
  const adminPort = read(SETTINGS.adminPort)
  const metrics = { host: read(SETTINGS.metricsHost) ?? '', port: read(SETTINGS.metricsPort) ?? 0 }
  const baseUrl = read(SETTINGS.baseUrl) ?? `http://${bracketed(host)}:${port}`
  const dataDir = read(SETTINGS.dataDir) ?? ''
  const databaseUrl = read(SETTINGS.databaseUrl)
  const secretKeys = read(SETTINGS.secretKeys)
  const backupPassphrase = read(SETTINGS.backupPassphrase)
  const configFile = read(SETTINGS.configFile)
  const role = read(SETTINGS.role) ?? 'all'
  const logLevel = read(SETTINGS.logLevel) ?? 'info'
  const trustProxy = read(SETTINGS.trustProxy) ?? []
  const rates = {
    perKey: read(SETTINGS.ratePerKey) ?? 0,
    perAddress: read(SETTINGS.ratePerAddress) ?? 0,
    perCustomer: read(SETTINGS.ratePerCustomer) ?? 0,
  }
  const oidc = oidcOf(read)
  const appleRootCerts = read(SETTINGS.appleRootCerts)
  const remotes = Object.fromEntries(Object.entries(REMOTES).map(([name, setting]) => [name, read(setting)])) as Record<
    RemoteName,
    string | null
  >
  return {
    host,
    port,
    admin: adminPort === null ? null : { host: adminHost ?? '127.0.0.1', port: adminPort },
    metrics,
    baseUrl,
    dataDir,
    databaseUrl: () => databaseUrl,
    secretKeys: () => secretKeys,
    backupPassphrase: () => backupPassphrase,
    configFile,
    role,
    logLevel,
    trustProxy,
    rates,
    oidc,
    appleRootCerts,
    remotes,
  }
}

function oidcOf(read: <T>(setting: Setting<T>) => T | null): Config['oidc'] {
  const issuer = read(SETTINGS.oidcIssuer)
  const clientId = read(SETTINGS.oidcClientId)
  const secret = read(SETTINGS.oidcClientSecret)
  const name = read(SETTINGS.oidcName) ?? ''
  return issuer === null || clientId === null || secret === null
    ? null
    : { issuer, clientId, clientSecret: () => secret, name }
}

function given(
  source: Environment,
  name: string,
  problems: string[],
): { readonly text: string; readonly from: 'environment' | 'file' } | null {
  const direct = source[name] ?? ''
  const file = source[`${name}_FILE`] ?? ''
  if (direct !== '' && file !== '') {
    problems.push(`${name} and ${name}_FILE are both set; keep one of them.`)
    return null
  }
  if (file === '') return direct === '' ? null : { text: direct, from: 'environment' }
  const content = readText(file)
  if (content === null) {
    problems.push(`${name}_FILE names ${file}, which cannot be read; check the path and its permissions.`)
    return null
  }
  const trimmed = content.replace(/[\r\n]+$/, '')
  return trimmed === '' ? null : { text: trimmed, from: 'file' }
}

/** An IPv6 address stands in brackets in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function shown(setting: Setting<unknown>, given: string | null): string {
  if (given === null) return setting.default ?? (setting.unset === undefined ? '(not set)' : `(${setting.unset})`)
  if (setting.secret) return '(set)'
  return given.includes('\n') ? '(given as text)' : given
}

/** What the operator moved away from its real address, one sentence each: said at warn level when the hub starts. */
export function remoteWarnings(config: Config): readonly string[] {
  const moved = new Map(ALL.filter((setting) => setting.remote).map((setting) => [setting.name, setting.help]))
  return config.listed
    .filter(({ name, from }) => moved.has(name) && from !== 'default')
    .map(({ name, value }) => `${name} is set: ${value} is used in place of ${moved.get(name)}.`)
}

// ── names that nobody knows ─────────────────────────────────────────────────────────────────────────────────────────

/** Set by Kubernetes for a service called "tributary", and by our own test scripts. */
const FOREIGN = /^TRIBUTARY_(SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_(TCP|UDP)(_.*)?|TEST_.*)$/

function unknownNames(source: Environment): string[] {
  const known = ALL.flatMap(({ name }) => [name, `${name}_FILE`])
  const unknown = Object.keys(source).filter(
    (name) => name.startsWith('TRIBUTARY_') && !known.includes(name) && !FOREIGN.test(name),
  )
  return unknown.map((name) => {
    const [best] = known.map((other) => ({ other, far: distance(name, other) })).sort((a, b) => a.far - b.far)
    const hint =
      best !== undefined && best.far <= 4
        ? `did you mean ${best.other}?`
        : 'run "tributary config print" to see all settings.'
    return `${name} is not a setting of Tributary; ${hint}`
  })
}

/** Levenshtein's distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

// ── its page in the docs ────────────────────────────────────────────────────────────────────────────────────────────

/** The table of docs/operate/configuration.md. */
export function settingsTable(): string {
  const line = (setting: Setting<unknown>): string => {
    const fallback =
      setting.default === null ? (setting.unset === undefined ? '–' : setting.unset) : `\`${setting.default}\``
    return `| \`${setting.name}\` | ${fallback} | ${setting.help}${setting.secret ? ' (secret)' : ''} |`
  }
  const head = '| name | default | meaning |\n|---|---|---|'
  const own = ALL.filter((setting) => !setting.remote).map(line)
  const remotes = ALL.filter((setting) => setting.remote).map(line)
  return [head, ...own, '', 'Remotes that can be moved:', '', head, ...remotes].join('\n')
}
