import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

export interface Listing {
  /** Every .ts file under src/, as a path from the root with forward slashes, sorted. */
  readonly files: readonly string[]
  readonly readmes: readonly string[]
  readonly problems: readonly string[]
}

const CODE = /\.([cm]?[jt]sx?|node|wasm)$/

/**
 * Lists src/ by walking it, and holds the walk against two other listings: the file system's own recursive one, and,
 * in a checkout, git's. A lint that misses files passes everything, so a difference of one file is a failure.
 */
export function listSources(root: string): Listing {
  const walked: string[] = []
  const problems: string[] = []
  walk(root, 'src', walked, problems)
  const files = walked.filter((path) => path.endsWith('.ts')).sort()
  const odd = walked.filter((path) => CODE.test(path) && (!path.endsWith('.ts') || path.endsWith('.d.ts')))
  for (const path of odd) problems.push(`${path}: source is written in .ts files; rename or remove it`)

  const onDisk = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'))
  problems.push(...difference(files, onDisk, 'on disk'))
  if (existsSync(`${root}/.git`)) problems.push(...difference(files, gitFiles(root), 'known to git'))
  if (files.length === 0) problems.push('src/: holds no source file, so nothing was checked')
  return { files, readmes: walked.filter((path) => path.endsWith('/README.md')), problems }
}

function walk(root: string, folder: string, found: string[], problems: string[]): void {
  for (const entry of readdirSync(`${root}/${folder}`, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) walk(root, path, found, problems)
    else if (entry.isFile()) found.push(path)
    else problems.push(`${path}: is neither a file nor a folder (a link?); put the file itself here`)
  }
}

export function difference(seen: readonly string[], there: readonly string[], where: string): readonly string[] {
  const seenSet = new Set(seen)
  const thereSet = new Set(there)
  return [
    ...there.filter((path) => !seenSet.has(path)).map((path) => `${path}: is ${where}, but the check did not see it`),
    ...seen
      .filter((path) => !thereSet.has(path))
      .map(
        (path) => `${path}: the check saw it, but it is not ${where} (an ignored file?); rename it or mend .gitignore`,
      ),
  ]
}

/** Tracked and new files, without ignored and deleted ones. */
function gitFiles(root: string): readonly string[] {
  const list = (...options: readonly string[]): readonly string[] => {
    const answer = spawnSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z', ...options, '--', 'src'], {
      cwd: root,
      encoding: 'utf8',
    })
    if (answer.status !== 0) throw new Error(`git ls-files failed: ${answer.stderr || answer.error?.message}`)
    return answer.stdout.split('\0').filter((path) => path.endsWith('.ts'))
  }
  const deleted = new Set(list('--deleted'))
  return [...new Set(list('--cached', '--others', '--exclude-standard'))].filter((path) => !deleted.has(path))
}
