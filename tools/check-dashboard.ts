import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const HOME = 'dashboard/src/'
const MAX_LINES = 400

/** Ways past React's escaping, and past the page's policy. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/dangerouslySetInnerHTML|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/, 'makes markup of text'],
  [/\beval\(|new Function\(/, 'makes code of text'],
  [/\bsrcDoc\b|javascript:/, 'opens a way for text to run'],
]

/**
 * The dashboard is a program of its own: it imports its own files and bundled packages, nothing of src/ and nothing of
 * Node.js. Imports are found by their shape, since its files are no TypeScript that Node.js could run.
 */
export function checkDashboard(root: string): { readonly files: number; readonly problems: readonly string[] } {
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly devDependencies?: Readonly<Record<string, string>>
  }
  const bundled = new Set(Object.keys(manifest.devDependencies ?? {}))
  const files = readdirSync(`${root}/${HOME}`, { recursive: true, encoding: 'utf8' })
    .map((path) => `${HOME}${path.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
  const problems: string[] = []
  for (const file of files) {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    const lines = text.trimEnd().split('\n').length
    if (lines > MAX_LINES) problems.push(`${file}: has ${lines} lines, at most ${MAX_LINES}; split it by concept`)
    for (const [, specifier = ''] of text.matchAll(/(?<!')\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)) {
      const fault = judge(root, file, specifier, bundled)
      if (fault !== null) problems.push(`${file}: ${fault}`)
    }
    for (const [shape, what] of FORBIDDEN) {
      if (shape.test(text)) problems.push(`${file}: ${what}; give it to React as a child or an attribute`)
    }
  }
  if (files.length === 0) problems.push(`${HOME}: holds no source file, so nothing was checked`)
  return { files: files.length, problems }
}

function judge(root: string, file: string, specifier: string, bundled: ReadonlySet<string>): string | null {
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(file), specifier))
    if (!target.startsWith(HOME)) return `imports "${specifier}", which is outside ${HOME}; ask the hub through /api`
    return existsSync(`${root}/${target}`) ? null : `imports "${specifier}", but there is no file ${target}`
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (bundled.has(name)) return null
  return `imports "${specifier}", which is not among the devDependencies of package.json; the dashboard is bundled`
}
