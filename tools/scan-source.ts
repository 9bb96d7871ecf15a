/**
 * Reads TypeScript source as tokens, so that the boundary lint sees every import that a compiler would see.
 * Type-only imports count. TypeScript 7 ships no stable parser for programs, and a lint that loads nothing passes
 * everything; so this scanner is small, and gives up loudly (`unreadable`) instead of guessing.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'punctuation' | 'regex'
  /** A string's text is its content as written, escapes not resolved. */
  readonly text: string
  readonly line: number
}

export interface Import {
  readonly specifier: string
  readonly line: number
  /** `url` is `new URL('./worker.ts', import.meta.url)`, the way to a worker's file. */
  readonly kind: 'static' | 'dynamic' | 'require' | 'url'
  /** Imported names; `*` for a namespace, re-export of everything, dynamic or bare import; `default` for a default. */
  readonly names: readonly string[]
}

export interface Scan {
  readonly tokens: readonly Token[]
  /** Line comments by line, for the reasons that some rules ask for. */
  readonly comments: ReadonlyMap<number, string>
  readonly imports: readonly Import[]
  /** What could not be read: the file fails whatever else it holds. */
  readonly unreadable: readonly { readonly line: number; readonly what: string }[]
}

export function scanSource(source: string): Scan {
  const reader = new Tokens(source)
  reader.readAll()
  const { tokens, comments, unreadable } = reader
  const found = findImports(tokens)
  return { tokens, comments, imports: found.imports, unreadable: [...unreadable, ...found.unreadable] }
}

const WORD_START = /[\p{ID_Start}$_#0-9]/u
const WORD_PART = /[\p{ID_Continue}$\u200c\u200d]/u
/** After these words a slash opens a regular expression; after any other word it divides. */
const BEFORE_REGEX = new Set(
  'return typeof case in of instanceof new delete void throw do else yield await default extends'.split(' '),
)
/** `if (…) /x/` : after the closing parenthesis of these a slash opens a regular expression too. */
const WITH_CONDITION = new Set(['if', 'while', 'for', 'with'])
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

class Tokens {
  readonly tokens: Token[] = []
  readonly comments = new Map<number, string>()
  readonly unreadable: { line: number; what: string }[] = []
  readonly #source: string
  #at = 0
  #line = 1
  /** Open brackets; `${` is a bracket of its own, which leads back into its template. */
  readonly #open: { readonly bracket: string; readonly line: number; readonly condition: boolean }[] = []
  #afterCondition = false

  constructor(source: string) {
    this.#source = source
  }

  readAll(): void {
    if (this.#source.startsWith('#!')) this.#skipLine()
    while (this.#at < this.#source.length && this.unreadable.length === 0) this.#readOne()
    const left = this.#open.at(-1)
    if (left !== undefined) this.#giveUp(`"${left.bracket}" is never closed`, left.line)
  }

  #readOne(): void {
    const source = this.#source
    const char = source[this.#at] ?? ''
    const two = source.slice(this.#at, this.#at + 2)
    if (char === '\n') {
      this.#line += 1
      this.#at += 1
    } else if (/\s|\ufeff/.test(char)) this.#at += 1
    else if (two === '//') this.#lineComment()
    else if (two === '/*') this.#blockComment()
    else if (char === '"' || char === "'") this.#string(char)
    else if (char === '`') this.#template('`')
    else if (char === '/' && this.#regexMayStart()) this.#regex()
    else if (WORD_START.test(this.#codePoint())) this.#word()
    else if (char === '\\') this.#giveUp('an escape outside a string hides a name')
    else this.#punctuation(char, two)
  }

  #codePoint(): string {
    return String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0)
  }

  #push(kind: Token['kind'], text: string, line = this.#line): void {
    this.tokens.push({ kind, text, line })
    this.#afterCondition = false
  }

  #giveUp(what: string, line = this.#line): void {
    this.unreadable.push({ line, what })
    this.#at = this.#source.length
    this.#open.length = 0
  }

  #skipLine(): void {
    const end = this.#source.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#source.length : end
  }

  #lineComment(): void {
    const start = this.#at
    this.#skipLine()
    const text = this.#source.slice(start, this.#at)
    this.comments.set(this.#line, text)
    if (/^\/\/\/\s*<(reference|amd)/.test(text)) this.#giveUp('a triple-slash reference imports without an import')
  }

  #blockComment(): void {
    const end = this.#source.indexOf('*/', this.#at + 2)
    if (end === -1) {
      this.#giveUp('a comment is never closed')
      return
    }
    this.#line += newlines(this.#source.slice(this.#at, end))
    this.#at = end + 2
  }

  #string(quote: string): void {
    let at = this.#at + 1
    while (at < this.#source.length && this.#source[at] !== quote && this.#source[at] !== '\n') {
      at += this.#source[at] === '\\' ? 2 : 1
    }
    if (this.#source[at] !== quote) {
      this.#giveUp('a string is never closed')
      return
    }
    const text = this.#source.slice(this.#at + 1, at)
    this.#push('string', text)
    this.#line += newlines(text)
    this.#at = at + 1
  }

  /** From a backtick, or from the brace that ends a `${…}`, to the next `${` or the closing backtick. */
  #template(opener: '`' | '}'): void {
    const line = this.#line
    let at = this.#at + 1
    while (at < this.#source.length && this.#source[at] !== '`' && this.#source.slice(at, at + 2) !== '${') {
      at += this.#source[at] === '\\' ? 2 : 1
    }
    const text = this.#source.slice(this.#at + 1, at)
    this.#line += newlines(text)
    if (at >= this.#source.length) {
      this.#giveUp('a template is never closed', line)
      return
    }
    if (this.#source[at] === '`') {
      // A piece of a template with `${}` in it is a regex-like literal: never the specifier of an import.
      this.#push(opener === '`' ? 'string' : 'regex', text, line)
      this.#at = at + 1
      return
    }
    this.#push('punctuation', '${', line)
    this.#open.push({ bracket: '${', line, condition: false })
    this.#at = at + 2
  }

  #regexMayStart(): boolean {
    const last = this.tokens.at(-1)
    if (last === undefined) return true
    if (last.kind === 'word') return BEFORE_REGEX.has(last.text) && this.tokens.at(-2)?.text !== '.'
    if (last.kind !== 'punctuation') return false
    if (last.text === ')') return this.#afterCondition
    return last.text !== ']' && last.text !== '++' && last.text !== '--'
  }

  #regex(): void {
    let at = this.#at + 1
    let inClass = false
    for (; at < this.#source.length && this.#source[at] !== '\n'; at += 1) {
      const char = this.#source[at]
      if (char === '\\') at += 1
      else if (char === '[') inClass = true
      else if (char === ']') inClass = false
      else if (char === '/' && !inClass) break
    }
    if (this.#source[at] !== '/') {
      this.#giveUp('a slash is neither a division nor a regular expression')
      return
    }
    this.#push('regex', this.#source.slice(this.#at, at + 1))
    this.#at = at + 1
  }

  #word(): void {
    const start = this.#at
    this.#at += this.#codePoint().length
    while (this.#at < this.#source.length && WORD_PART.test(this.#codePoint())) this.#at += this.#codePoint().length
    this.#push('word', this.#source.slice(start, this.#at))
  }

  #punctuation(char: string, two: string): void {
    if ('([{'.includes(char)) {
      const last = this.tokens.at(-1)
      const condition = char === '(' && last?.kind === 'word' && WITH_CONDITION.has(last.text)
      this.#open.push({ bracket: char, line: this.#line, condition })
    } else if (char in CLOSES) {
      const opened = this.#open.pop()
      if (char === '}' && opened?.bracket === '${') {
        this.#template('}')
        return
      }
      if (opened?.bracket !== CLOSES[char]) {
        this.#giveUp(`"${char}" closes nothing`)
        return
      }
      this.#push('punctuation', char)
      this.#at += 1
      this.#afterCondition = opened?.condition === true
      return
    }
    const text = ['++', '--', '?.', '=>'].includes(two) ? two : char
    this.#push('punctuation', text)
    this.#at += text.length
  }
}

function newlines(text: string): number {
  return text.split('\n').length - 1
}

const COMPUTED = 'an import whose address is computed cannot be checked; write the address as a plain string'

function findImports(tokens: readonly Token[]): Pick<Scan, 'imports' | 'unreadable'> {
  const imports: Import[] = []
  const unreadable: { line: number; what: string }[] = []
  const is = (index: number, text: string): boolean =>
    tokens[index]?.text === text && tokens[index]?.kind !== 'string' && tokens[index]?.kind !== 'regex'
  const string = (index: number): string | null => {
    const token = tokens[index]
    return token?.kind === 'string' ? token.text : null
  }
  const add = (kind: Import['kind'], specifier: string, line: number, names: readonly string[]): void => {
    if (specifier.includes('\\')) unreadable.push({ line, what: 'an import address holds an escape' })
    else imports.push({ kind, specifier, line, names })
  }
  const call = (kind: Import['kind'], open: number, line: number): void => {
    const specifier = string(open + 1)
    if (specifier !== null && (is(open + 2, ')') || is(open + 2, ','))) add(kind, specifier, line, ['*'])
    else unreadable.push({ line, what: COMPUTED })
  }
  const clause = (start: number, line: number): void => {
    for (let end = start; end < tokens.length && !is(end, ';'); end += 1) {
      const specifier = is(end, 'from') ? string(end + 1) : null
      if (specifier !== null) {
        add('static', specifier, line, namesOf(tokens.slice(start, end)))
        return
      }
      // `import x = require('y')` is found at its `require`.
      if (is(end, '=')) return
    }
    unreadable.push({ line, what: 'an import without an address' })
  }

  tokens.forEach((token, index) => {
    const member = is(index - 1, '.') || is(index - 1, '?.')
    if (token.kind !== 'word' || member || is(index + 1, ':')) return
    const { line } = token
    if (token.text === 'import') {
      const bare = string(index + 1)
      if (bare !== null) add('static', bare, line, ['*'])
      else if (is(index + 1, '(')) call('dynamic', index + 1, line)
      else if (!is(index + 1, '.')) clause(index + 1, line)
      else if (is(index + 3, '.') && is(index + 4, 'resolve') && is(index + 5, '(')) call('dynamic', index + 5, line)
    } else if (token.text === 'export') {
      const start = is(index + 1, 'type') && (is(index + 2, '{') || is(index + 2, '*')) ? index + 2 : index + 1
      if (is(start, '*')) clause(start, line)
      else if (is(start, '{')) {
        const end = tokens.findIndex((_, at) => at > start && is(at, '}'))
        if (is(end + 1, 'from')) clause(start, line)
      }
    } else if (token.text === 'require') {
      if (is(index + 1, '(')) call('require', index + 1, line)
      else if (is(index + 1, '.') && is(index + 2, 'resolve') && is(index + 3, '(')) call('require', index + 3, line)
    } else if (token.text === 'URL' && is(index - 1, 'new') && is(index + 1, '(') && is(index + 3, ',')) {
      const specifier = string(index + 2)
      const own = ['import', '.', 'meta', '.', 'url'].every((text, offset) => is(index + 4 + offset, text))
      if (specifier !== null && own) add('url', specifier, line, ['*'])
    }
  })
  return { imports, unreadable }
}

/** The names between `import` and `from`: the imported ones, not what they are called here. */
function namesOf(clause: readonly Token[]): readonly string[] {
  const names: string[] = []
  let braces = false
  clause.forEach(({ kind, text }, index) => {
    if (text === '{') braces = true
    else if (text === '}') braces = false
    else if (text === '*') names.push('*')
    else if (kind !== 'word' && kind !== 'string') return
    else {
      const before = clause[index - 1]?.text
      const next = clause[index + 1]?.text
      const modifier = text === 'type' && next !== undefined && next !== ',' && next !== '}' && next !== 'as'
      if (text === 'as' || before === 'as' || modifier) return
      names.push(braces ? text : 'default')
    }
  })
  return names
}
