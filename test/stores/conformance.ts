import { describe, expect, it } from 'vitest'
import type { Field } from '../../src/domain/field.ts'
import type { App } from '../../src/domain/project.ts'
import { ENVIRONMENTS, SOURCES, type StoreName } from '../../src/domain/purchase.ts'
import { declarationOf, storeDeclarations } from '../../src/stores/registry.ts'
import type { Accepted, AcceptedMessage, InboundMessage, Store } from '../../src/stores/store.ts'

/** What the suite needs to know about a store. See test/stores/app-store/conformance.test.ts. */
export interface StoreUnderTest {
  readonly store: Store
  /** An app that takes both environments. */
  readonly app: App
  /** One message of each kind that the store sends, and whether it is about a purchase. */
  readonly authentic: readonly {
    readonly name: string
    readonly message: InboundMessage
    readonly aboutPurchase: boolean
    /** Where it is not what `aboutPurchase` says: messages that only the store can explain. */
    readonly tells?: 'unresolved'
  }[]
  /** A message that somebody else could send. */
  readonly forged: readonly {
    readonly name: string
    readonly message: InboundMessage
    readonly status: 400 | 401 | 403
  }[]
  /** Authentic, of a type that this version does not know. */
  readonly unknownType: InboundMessage
  /** Authentic, and without what its rule needs. */
  readonly notUnderstood: InboundMessage
  /** Settings that are well formed and cannot work. */
  readonly refusedApps: readonly App[]
  readonly received: number
  /** The stores whose purchases a feed tells of; left out: its own. */
  readonly tellsOf?: readonly StoreName[]
}

/** What every store promises, whatever its wire looks like. */
export function describeStore(subject: StoreUnderTest): void {
  describe(`${subject.store.name}: a store`, () => {
    describeDeclaration(subject)
    describeAcceptance(subject)
    describeDecoding(subject)
  })
}

function describeDeclaration({ store, app, refusedApps }: StoreUnderTest): void {
  const all = (fields: readonly Field[]): readonly Field[] =>
    fields.flatMap((field) => (field.type === 'object' ? [field, ...all(field.fields)] : [field]))

  it('is in the registry under its name and its slug', () => {
    expect(SOURCES).toContain(store.name)
    expect(store.slug).toBe(store.name.replaceAll('_', '-'))
    expect(declarationOf(store.name)).toBe(declarationOf(store.slug))
    expect(storeDeclarations.filter(({ name }) => name === store.name)).toHaveLength(1)
    expect(declarationOf('no such store')).toBeUndefined()
  })

  it('declares fields with a key, a label, a help text and patterns with a sentence', () => {
    const fields = all(store.fields)
    expect(fields.length).toBeGreaterThan(0)
    expect(new Set(store.fields.map(({ key }) => key)).size).toBe(store.fields.length)
    for (const field of fields) {
      expect(field.key).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(field.label, field.key).not.toBe('')
      expect(field.help, field.key).toMatch(/\.$/)
      if (field.type === 'select') expect(field.options.map(({ value }) => value)).toContain(field.default)
      if ((field.type === 'text' || field.type === 'secret') && field.pattern !== undefined) {
        expect(() => new RegExp(field.pattern ?? '', 'v'), field.key).not.toThrow()
        expect(field.patternHelp, field.key).toMatch(/\.$/)
      }
    }
  })

  it('refuses settings that cannot work in one sentence that names the app, and no others', () => {
    expect(store.refuse(app)).toBeNull()
    expect(refusedApps.length).toBeGreaterThan(0)
    for (const refused of refusedApps) {
      const sentence = store.refuse(refused)
      expect(sentence).toMatch(/\.$/)
      expect(sentence).toContain(refused.id)
    }
  })
}

function describeAcceptance({ store, app, authentic, forged }: StoreUnderTest): void {
  it('accepts what is authentic, with its id, environment, type, time and bytes', async () => {
    const keys = new Set<string>()
    for (const { name, message } of authentic) {
      const accepted = await acceptedOf(store.accept(message, app), name)
      expect(accepted.sourceKey, name).not.toBe('')
      expect(ENVIRONMENTS).toContain(accepted.environment)
      expect(accepted.type, name).not.toBe('')
      expect(accepted.sentAt, name).toBeGreaterThan(0)
      expect(accepted.body.equals(message.body), name).toBe(true)
      keys.add(accepted.sourceKey)
    }
    expect(keys.size).toBe(authentic.length)
  })

  it('a second copy is the same notification', async () => {
    for (const { message, name } of authentic) {
      const copy = { ...message, body: Buffer.from(message.body) }
      const [first, second] = [
        await acceptedOf(store.accept(message, app), name),
        await acceptedOf(store.accept(copy, app), name),
      ]
      expect(second.sourceKey).toBe(first.sourceKey)
    }
  })

  it('refuses everything else, says why in a sentence, and repeats nothing of the body', async () => {
    expect(forged.length).toBeGreaterThan(5)
    for (const { name, message, status } of forged) {
      const answer = await store.accept(message, app)
      expect(answer, name).toMatchObject({ kind: 'refused', status, reason: expect.stringMatching(/\.$/) })
      if (answer.kind === 'refused') expect(answer.reason.length, name).toBeLessThan(300)
    }
  })

  it('refuses every authentic message for an app that takes no environment of it', async () => {
    for (const { name, message } of authentic) {
      const answer = await store.accept(message, { ...app, environments: [] })
      expect(answer, name).toMatchObject({ kind: 'refused', status: 401 })
    }
  })

  it('never throws for bad input', async () => {
    const bodies = [
      Buffer.alloc(0),
      Buffer.from('{'),
      Buffer.from('null'),
      Buffer.from([0, 255, 254]),
      Buffer.alloc(1_000_000, 0x5b),
    ]
    for (const body of bodies) expect((await store.accept({ headers: {}, body }, app)).kind).toBe('refused')
    expect(bodies).toHaveLength(5)
  })
}

function describeDecoding(subject: StoreUnderTest): void {
  const { store, app, authentic, unknownType, notUnderstood, received, tellsOf } = subject
  const kept = async (message: InboundMessage, name: string) => ({
    ...(await acceptedOf(store.accept(message, app), name)),
    receivedAt: received,
  })

  it('makes of each authentic message what it tells, the same each time', async () => {
    for (const { name, message, aboutPurchase, tells } of authentic) {
      const one = await kept(message, name)
      const decoded = store.decode(one, app)
      expect(decoded.kind, name).toBe(tells ?? (aboutPurchase ? 'observed' : 'nothing'))
      expect(store.decode({ ...one, body: Buffer.from(one.body) }, app), name).toEqual(decoded)
      if (decoded.kind === 'unresolved') {
        expect(store.resolve, name).toBeDefined()
        expect(decoded.subject, name).toMatch(/^\S.*\S$/)
      }
      if (decoded.kind !== 'observed') continue
      const { observation } = decoded
      expect(observation, name).toMatchObject({
        appId: app.id,
        key: { projectId: app.projectId, environment: one.environment },
      })
      expect(tellsOf ?? [store.name], name).toContain(observation.key.store)
      expect(observation.facts.length > 0 || observation.snapshot !== null || observation.owner !== null, name).toBe(
        true,
      )
      for (const fact of observation.facts) {
        expect(Number.isSafeInteger(fact.at), name).toBe(true)
        expect(fact.period, name).not.toBe('')
        expect(fact.own && fact.inferred, name).toBe(false)
      }
    }
    expect(authentic.filter(({ aboutPurchase }) => aboutPurchase).length).toBeGreaterThan(0)
  })

  it('keeps and acknowledges a type that it does not know', async () => {
    const decoded = store.decode(await kept(unknownType, 'unknown type'), app)
    expect(decoded).toMatchObject({ kind: 'nothing', unknownType: true })
  })

  it('throws one sentence for what it cannot understand', async () => {
    const one = await kept(notUnderstood, 'not understood')
    expect(() => store.decode(one, app)).toThrow(/^[A-Z][^\n]+\.$/)
    expect(() => store.decode({ ...one, body: Buffer.from('{}') }, app)).toThrow(/^[A-Z][^\n]+\.$/)
  })
}

async function acceptedOf(answer: Promise<Accepted>, name: string): Promise<AcceptedMessage> {
  const accepted = await answer
  if (accepted.kind !== 'accepted') throw new Error(`${name} was not accepted: ${accepted.reason}`)
  return accepted.message
}
