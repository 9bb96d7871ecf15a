import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkDashboard } from './check-dashboard.ts'
import { listSources } from './list-sources.ts'
import { type Import, type Scan, scanSource, type Token } from './scan-source.ts'

interface Room {
  readonly room: string
  /** A folder (`src/x/`) or one file. */
  readonly at: string
  /** Rooms by name, or doors: `src/x/` all below, `src/x/*.ts` the files directly in it, or one file. `*`: anything. */
  readonly imports: readonly string[]
  /** npm packages; `*`: every production dependency. */
  readonly packages: readonly string[]
  /** node: modules without the prefix; `*`: all. */
  readonly builtins: readonly string[]
  /** Neither clock nor randomness nor input and output. */
  readonly pure?: boolean
  /** Its folders (connectors, drivers) know nothing of each other, and only these files of the room open them. */
  readonly openedBy?: readonly string[]
}

const STORES = ['src/stores/store.ts', 'src/stores/registry.ts']
const DESTINATIONS = ['src/destinations/destination.ts', 'src/destinations/registry.ts']
/** The contract lies directly in the room, each driver in a folder below. */
const STORAGE = ['src/storage/*.ts']
const WAITING = ['events', 'timers/promises']

/** Who may import what: the table of docs/architecture.md. A room that is not listed here may not exist. */
export const ROOMS: readonly Room[] = [
  { room: 'domain', at: 'src/domain/', imports: [], packages: [], builtins: [], pure: true },
  {
    room: 'destinations',
    at: 'src/destinations/',
    imports: ['domain'],
    packages: [],
    builtins: [],
    pure: true,
    openedBy: ['src/destinations/registry.ts'],
  },
  {
    room: 'stores',
    at: 'src/stores/',
    imports: ['domain', 'net'],
    packages: [],
    builtins: ['crypto'],
    openedBy: ['src/stores/registry.ts'],
  },
  { room: 'customers', at: 'src/customers/', imports: ['domain'], packages: [], builtins: [] },
  { room: 'storage', at: 'src/storage/', imports: ['domain'], packages: [], builtins: [], openedBy: [] },
  { room: 'secrets', at: 'src/secrets/', imports: [], packages: [], builtins: ['crypto', 'fs', 'fs/promises', 'path'] },
  {
    room: 'members',
    at: 'src/members/',
    imports: ['domain', ...STORAGE, 'net', 'secrets'],
    packages: [],
    builtins: ['crypto'],
  },
  {
    room: 'net',
    at: 'src/net/',
    imports: [],
    packages: ['undici'],
    builtins: [...WAITING, 'buffer', 'dns', 'dns/promises', 'net', 'stream', 'tls', 'zlib'],
  },
  {
    room: 'settings',
    at: 'src/settings/',
    imports: ['domain', ...STORES, ...DESTINATIONS, ...STORAGE, 'secrets'],
    packages: ['yaml', 'zod'],
    builtins: ['crypto', 'fs', 'fs/promises', 'path'],
  },
  {
    room: 'ingest',
    at: 'src/ingest/',
    imports: ['domain', 'customers', ...STORES, ...STORAGE, 'secrets'],
    packages: [],
    builtins: [...WAITING, 'crypto'],
  },
  {
    room: 'delivery',
    at: 'src/delivery/',
    imports: ['domain', ...DESTINATIONS, ...STORAGE, 'net', 'secrets'],
    packages: [],
    builtins: [...WAITING, 'crypto'],
  },
  {
    room: 'http',
    at: 'src/http/',
    imports: [
      'domain',
      'customers',
      ...STORES,
      ...DESTINATIONS,
      ...STORAGE,
      'net',
      'members',
      'secrets',
      'settings',
      'ingest',
      'delivery',
    ],
    packages: ['@fastify/swagger', 'fastify', 'fastify-type-provider-zod', 'pino', 'prom-client', 'zod'],
    builtins: [...WAITING, 'crypto', 'http', 'net', 'stream', 'stream/promises', 'zlib'],
  },
  { room: 'stand-ins', at: 'src/stand-ins/', imports: ['domain'], packages: [], builtins: ['*'] },
  { room: 'config-values', at: 'src/config/', imports: [], packages: [], builtins: ['fs', 'path'] },
  {
    room: 'config',
    at: 'src/config.ts',
    imports: ['config-values'],
    packages: ['zod'],
    builtins: ['fs', 'os', 'path'],
  },
  { room: 'cli', at: 'src/cli/', imports: ['*'], packages: ['*'], builtins: ['*'] },
  { room: 'hub', at: 'src/hub/', imports: ['*'], packages: ['*'], builtins: ['*'] },
  { room: 'main', at: 'src/main.ts', imports: ['*'], packages: ['*'], builtins: ['*'] },
]

/** What a part of a room may beyond the room; with `names`, these names of the module and no others. */
const GRANTS: readonly {
  readonly at: string
  readonly builtins?: readonly string[]
  readonly packages?: readonly string[]
  readonly names?: readonly string[]
}[] = [
  { at: 'src/domain/ids.ts', builtins: ['crypto'], names: ['createHash'] },
  // The SQL files of both drivers are read alike.
  { at: 'src/storage/migrations.ts', builtins: ['fs', 'path'] },
  { at: 'src/members/oidc.ts', packages: ['openid-client'] },
  {
    at: 'src/storage/sqlite/',
    builtins: [...WAITING, 'fs', 'fs/promises', 'path', 'sqlite', 'url', 'v8', 'worker_threads', 'zlib'],
  },
  { at: 'src/storage/postgres/', builtins: [...WAITING, 'fs', 'fs/promises', 'path', 'url', 'zlib'], packages: ['pg'] },
]

/** What lies outside src/ and may be read as data, by those who may import anything. */
const DATA_OUTSIDE = ['package.json', 'dashboard/dist/']

const MAX_LINES = 400

/**
 * Expressions that belong to one place. Each is a run of tokens; `in` lists where it may stand, `unless` a word that,
 * in a comment on the same line or the line before, gives the reason why it stands in src/cli/.
 */
const EXPRESSIONS: readonly {
  readonly tokens: readonly string[]
  readonly pureOnly?: boolean
  readonly in?: readonly string[]
  readonly unless?: string
  readonly fix: string
}[] = [
  ...[
    ['process', '.', 'env'],
    ['process', '?.', 'env'],
    ['process', '['],
    ['=', 'process', '\n'],
  ].map((tokens) => ({
    tokens,
    in: ['src/config.ts'],
    unless: 'environment:',
    fix: 'only src/config.ts reads the environment; take the value as an argument (in src/cli/ a comment "environment: why" allows it)',
  })),
  {
    tokens: ['console', '.'],
    in: ['src/cli/', 'src/stand-ins/*/main.ts', 'src/stand-ins/main.ts'],
    fix: 'only commands print; log through the logger that main.ts hands in',
  },
  ...[['Date', '.', 'now'], ['new', 'Date', '(', ')'], ['new', 'Date', '\n'], ['Date', '(', ')'], ['performance']].map(
    (tokens) => ({ tokens, pureOnly: true, fix: 'there is no clock in here; take the time as an argument, in ms' }),
  ),
  ...[['Math', '.', 'random'], ['crypto']].map((tokens) => ({
    tokens,
    pureOnly: true,
    fix: 'there is no randomness in here; derive the value, or take it as an argument',
  })),
  ...['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'process', 'globalThis'].map((word) => ({
    tokens: [word],
    pureOnly: true,
    fix: 'there is no input, output or waiting in here; return a value that says what is to be done',
  })),
  ...[['createRequire'], ['getBuiltinModule'], ['eval', '('], ['new', 'Function', '(']].map((tokens) => ({
    tokens,
    fix: 'it loads code that this check cannot see; import it',
  })),
]

export interface Boundaries {
  /** How many source files were read. */
  readonly files: number
  readonly problems: readonly string[]
}

/** Judges every file under `root`/src. `list` stands in for the listing of files in tests of the lint itself. */
export function checkBoundaries(root: string, list = listSources): Boundaries {
  const listing = list(root)
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { dependencies?: Record<string, string> }
  const production = new Set(Object.keys(manifest.dependencies ?? {}))
  const known = new Set(listing.files)
  const problems = [...listing.problems]
  const rooms = new Set<Room>()
  for (const file of listing.files) {
    const room = ROOMS.find(({ at }) => covers(at, file))
    if (room === undefined) {
      problems.push(`${file}: lies in no room; move it into one, or add its room to tools/check-boundaries.ts`)
      continue
    }
    rooms.add(room)
    const text = readFileSync(`${root}/${file}`, 'utf8')
    const scan = scanSource(text)
    const lines = text.trimEnd().split('\n').length
    if (lines > MAX_LINES) problems.push(`${file}: has ${lines} lines, at most ${MAX_LINES}; split it by concept`)
    for (const { line, what } of scan.unreadable) problems.push(`${file}:${line}: cannot be checked: ${what}`)
    for (const found of scan.imports) {
      const fault = judgeImport(room, file, found, known, production)
      if (fault !== null) problems.push(`${file}:${found.line}: ${fault}`)
    }
    problems.push(...judgeExpressions(room, file, scan))
  }
  const folders = [...rooms].filter(({ at }) => at.endsWith('/'))
  for (const { room, at } of folders) {
    if (!listing.readmes.includes(`${at}README.md`))
      problems.push(`${at}: the ${room} room has no README.md; write one`)
  }
  return { files: listing.files.length, problems }
}

function covers(pattern: string, path: string): boolean {
  if (pattern.endsWith('/')) return path.startsWith(pattern)
  const [before, after] = pattern.split('*')
  if (before === undefined || after === undefined) return pattern === path
  if (!path.startsWith(before) || !path.endsWith(after) || path.length < before.length + after.length) return false
  return !path.slice(before.length, path.length - after.length).includes('/')
}

function judgeImport(
  room: Room,
  file: string,
  found: Import,
  known: ReadonlySet<string>,
  production: ReadonlySet<string>,
): string | null {
  const { specifier } = found
  if (specifier.startsWith('.')) return judgePath(room, file, found, known)
  if (specifier.startsWith('/') || /^(file|data|https?|blob):/.test(specifier)) {
    return `imports "${specifier}" by an absolute address; use a relative path or a package`
  }
  const grants = GRANTS.filter(({ at }) => covers(at, file))
  if (specifier.startsWith('node:')) {
    const name = specifier.slice('node:'.length)
    if (room.builtins.includes('*') || room.builtins.includes(name)) return null
    const grant = grants.find(({ builtins }) => builtins?.includes(name))
    if (grant === undefined) return `${room.room} may not import ${specifier}`
    const foreign = found.names.find((imported) => grant.names?.includes(imported) === false)
    return foreign === undefined ? null : `may import only ${grant.names?.join(', ')} of ${specifier}, not ${foreign}`
  }
  if (builtinModules.includes(specifier)) return `imports "${specifier}"; write node:${specifier}`
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const allowed = [...room.packages, ...grants.flatMap(({ packages }) => packages ?? [])]
  if (!allowed.includes('*') && !allowed.includes(name)) return `${room.room} may not import the package ${name}`
  return production.has(name) ? null : `imports ${name}, which is not among the dependencies of package.json`
}

function judgePath(room: Room, file: string, { specifier, kind }: Import, known: ReadonlySet<string>): string | null {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  const anything = room.imports.includes('*')
  if (!target.startsWith('src/')) {
    return anything && DATA_OUTSIDE.includes(target) ? null : `imports "${specifier}", which is outside src/`
  }
  const data = kind === 'url' ? !/\.[cm]?[jt]sx?$/.test(target) : target.endsWith('.json')
  if (!data && !known.has(target)) return `imports "${specifier}", but there is no file ${target}`
  const targetRoom = ROOMS.find(({ at }) => covers(at, target))
  if (targetRoom === undefined) return `imports "${specifier}", which lies in no room`
  if (targetRoom === room) return judgeFolders(room, file, target)
  if (anything) return null
  const allowed = room.imports.some((door) => door === targetRoom.room || covers(door, target))
  if (allowed) return null
  const doors = room.imports.filter((door) => door.startsWith(targetRoom.at))
  const hint = doors.length === 0 ? '' : `; its door is ${doors.join(', ')}`
  return `${room.room} may not import ${target} (${targetRoom.room})${hint}`
}

function judgeFolders(room: Room, file: string, target: string): string | null {
  if (room.openedBy === undefined) return null
  const folderOf = (path: string): string | undefined => path.slice(room.at.length).split('/').slice(0, -1)[0]
  const folder = folderOf(target)
  if (folder === undefined || folder === folderOf(file) || room.openedBy.includes(file)) return null
  return `may not import ${target}: the folders of ${room.room} stand alone; share through a file directly in ${room.at}`
}

function judgeExpressions(room: Room, file: string, { tokens, comments }: Scan): readonly string[] {
  const problems: string[] = []
  for (const { tokens: run, pureOnly, in: places, unless, fix } of EXPRESSIONS) {
    if (pureOnly === true && room.pure !== true) continue
    if (places?.some((place) => covers(place, file)) === true) continue
    tokens.forEach((token, index) => {
      if (token.text !== run[0] || !matches(tokens, index, run)) return
      const excused =
        unless !== undefined &&
        room.room === 'cli' &&
        [token.line, token.line - 1].some((line) => comments.get(line)?.includes(unless) === true)
      const shown = run.filter((text) => text !== '\n').join(run[0] === 'new' || run[0] === '=' ? ' ' : '')
      if (!excused) problems.push(`${file}:${token.line}: uses ${shown.replace(' ( )', '()')}: ${fix}`)
    })
  }
  return problems
}

/** `\n` at the end of a run means: and no further, neither a member nor a call. A property of that name is not meant. */
function matches(tokens: readonly Token[], index: number, run: readonly string[]): boolean {
  const code = (at: number): string | undefined => {
    const token = tokens[at]
    return token === undefined || token.kind === 'string' || token.kind === 'regex' ? undefined : token.text
  }
  const fits = run.every((text, offset) => {
    const here = code(index + offset)
    return text === '\n' ? here !== '.' && here !== '?.' && here !== '(' && here !== '[' : here === text
  })
  if (!fits) return false
  const before = code(index - 1)
  const after = code(index + run.length)
  if (run[0] === '=') return true
  const member = (before === '.' || before === '?.') && code(index - 2) !== 'globalThis'
  if (member && run[0] !== 'getBuiltinModule') return false
  if (run[0] === 'Date' && before === 'new') return false
  return !(run.length === 1 && (after === ':' || after === '?'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '')
  const [source, dashboard] = [checkBoundaries(root), checkDashboard(root)]
  const files = source.files + dashboard.files
  const problems = [...source.problems, ...dashboard.problems]
  for (const problem of problems) console.error(problem)
  console.log(`boundaries: ${files} files, ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
