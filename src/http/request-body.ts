import type { FastifyInstance } from 'fastify'
import { refuseJson } from './scan-json.ts'

/** A fault of the sender, with the sentence that it gets. */
function badRequest(
  sentence: string,
  statusCode = 400,
): Error & { readonly statusCode: number; readonly sentence: string } {
  return Object.assign(new Error(sentence), { statusCode, sentence })
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Text of a body, or null when its bytes are no UTF-8. A byte order mark is left out. */
function textOf(bytes: Buffer): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

/** The only bodies that `app` takes are JSON texts of modest depth. */
export function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, undefined)
    const refusal = refuseJson(bytes)
    if (refusal !== null) return done(badRequest(refusal))
    const text = textOf(bytes)
    if (text === null) return done(badRequest('The body is no UTF-8; send JSON in UTF-8.'))
    try {
      done(null, JSON.parse(text))
    } catch {
      done(badRequest('The body is no JSON; send a JSON object.'))
    }
  })
}

/** JSON texts of any number of keys: for routes that the operator alone may reach, which check what they hold. */
export function takeMuchJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    const text = textOf(bytes)
    if (text === null) return done(badRequest('The body is no UTF-8; send JSON in UTF-8.'))
    try {
      done(null, JSON.parse(text))
    } catch {
      done(badRequest('The body is no JSON; send a JSON object.'))
    }
  })
}

/**
 * The only bodies that `app` takes are JSON texts of modest depth, handed on as the bytes that came: under their own name
 * or as text/plain, which the route must refuse to whom it does not expect it from.
 */
export function takeRawJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const types = ['application/json', 'text/plain']
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    const refusal = refuseJson(bytes)
    if (refusal === null) done(null, bytes)
    else done(badRequest(refusal))
  })
}

/** YAML as text: it is parsed where its faults can name their lines. */
export function takeYaml(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // Only the first was ever registered: https://www.rfc-editor.org/rfc/rfc9512
  for (const type of ['application/yaml', 'text/yaml']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
      const text = textOf(bytes)
      if (text === null) done(badRequest('The file is no UTF-8; save it as UTF-8.'))
      else done(null, text)
    })
  }
}
