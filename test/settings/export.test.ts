import { describe, expect, it } from 'vitest'
import { readDocument } from '../../src/settings/document.ts'
import { bench, CANARIES, FULL, PLAIN, PRIVATE_KEY, SOURCES } from './fixture.ts'

/** What the variables of an export of FULL stand for. */
const VARIABLES: Readonly<Record<string, string>> = {
  ACME_KEY_BACKEND: 'sk_acme_1',
  ACME_IOS_API_KEY_PRIVATE_KEY: PRIVATE_KEY.trimEnd(),
  ACME_SEGMENT_WRITE_KEY: 'canary-write-key',
  ACME_SEGMENT_SANDBOX_WRITE_KEY: 'canary-sandbox-key',
  ACME_CLEVERTAP_PASSCODE: 'canary-passcode',
  ACME_CLEVERTAP_SANDBOX_PASSCODE: 'canary-sandbox-passcode',
}

const RATES = `    commission_rules: [{ rate: 0.15, store: app_store, countries: [EEA], product_class: auto_renewing, tenure: ">=1y", programs: [small_business_program], from: 2026-01-01 }, { rate: 0.3 }]
    tax_rules: [{ rate: 0.19, app: ios, product: "gold:monthly", until: 2027-01-01 }]
    exchange_rates: [{ currency: EUR, date: 2026-11-01, usd: "1.0842" }, { currency: IRR, date: 2026-11-01, usd: "0.000023809523" }]
    offerings: { default: { metadata: { note: "costs $\${ and more" }, packages: { $rc_monthly: com.acme.monthly } } }
`
const STRIPE = `      - { id: web-1, store: stripe, webhook_secret: [whsec_${'a'.repeat(30)}, whsec_${'b'.repeat(30)}], commission: 0.05 }
      - { id: web_1, store: stripe, webhook_secret: whsec_${'c'.repeat(30)} }
`
const EVERYTHING = FULL.replace('    secret_keys:', () => `${RATES}    secret_keys:`).replace(
  '    integrations:\n',
  `${STRIPE}    integrations:\n`,
)

function readBack(text: string, variables: Readonly<Record<string, string>>) {
  const read = readDocument(text, { ...SOURCES, env: (name) => variables[name] })
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems))
  return read.document
}

describe('the settings as a config file', () => {
  it('hold no secret, and say which variables stand in their place', async () => {
    const { apply, service } = await bench()
    await apply(FULL)
    const { text, variables } = await service.exported('acme')
    expect(variables).toEqual(Object.keys(VARIABLES).sort())
    for (const name of variables) expect(text).toContain(`\${${name}}`)
    for (const canary of [...CANARIES, 'BEGIN PRIVATE']) expect(text).not.toContain(canary)
    expect(await service.exported('nobody')).toMatchObject({ variables: [] })
  })

  it('change nothing when they are applied, on the hub that they came from', async () => {
    const { apply, service } = await bench()
    await apply(EVERYTHING)
    const { text, variables } = await service.exported(null)
    const more: Record<string, string> = {
      ...VARIABLES,
      ACME_WEB_1_WEBHOOK_SECRET_0: `whsec_${'a'.repeat(30)}`,
      ACME_WEB_1_WEBHOOK_SECRET_1: `whsec_${'b'.repeat(30)}`,
      // Two names that come to the same: the second has a number.
      ACME_WEB_1_WEBHOOK_SECRET_0_2: `whsec_${'c'.repeat(30)}`,
    }
    expect([...variables].sort()).toEqual(Object.keys(more).sort())
    const applied = await service.apply(readBack(text, more), PLAIN)
    expect(applied).toMatchObject({ kind: 'applied', plan: { creates: [], updates: [], removes: [], leftovers: [] } })
    expect(applied.kind === 'applied' && applied.plan.unchanged).toHaveLength(7)
  })

  it('give what the dashboard made to a file, and nothing but that changes', async () => {
    const { service } = await bench()
    await service.changes.createProject({ id: 'acme', name: 'Acme' })
    await service.changes.create('integration', 'acme', {
      id: 'segment',
      destination: 'segment',
      event_names: { renewal: 'Re${newed', expiration: '' },
      settings: { write_key: 'canary-write-key', attributes: { exclude: ['$ip'] } },
    })
    const made = await service.changes.createKey('acme', 'backend')
    if (made.kind !== 'made') throw new Error(made.kind)
    const before = service.current().integration('acme', 'segment')
    const { text } = await service.exported('acme')
    const document = readBack(text, { ACME_SEGMENT_WRITE_KEY: 'canary-write-key', ACME_KEY_BACKEND: made.key })
    expect(await service.apply(document, PLAIN)).toMatchObject({ kind: 'conflicts' })
    const adopted = await service.apply(document, { ...PLAIN, adopt: true })
    if (adopted.kind !== 'applied') throw new Error(adopted.kind)
    for (const { kind, changes } of adopted.plan.updates.filter((item) => item.kind !== 'secret key'))
      expect(changes, kind).toEqual([{ path: 'managed by', from: 'dashboard', to: 'file' }])
    expect(adopted.plan.updates).toHaveLength(3)
    expect(service.current().integration('acme', 'segment')).toEqual(before)
    expect(service.current().keyByHash(made.row.hash)?.managed).toBe('file')
    const again = await service.apply(document, PLAIN)
    expect(again).toMatchObject({ plan: { creates: [], updates: [], conflicts: [] } })
  })

  it('is a file that says what somebody chose, defaults left out', async () => {
    const { service } = await bench()
    await service.changes.createProject({ id: '2nd', name: 'Second' })
    await service.changes.create('integration', '2nd', {
      id: 'ct',
      destination: 'clevertap',
      settings: { account_id: '0123', passcode: 'canary-passcode' },
    })
    const { text } = await service.exported('2nd')
    expect(
      text,
    ).toBe(`# Everything that this project has. Secrets are not in it: set these variables before you check or apply it.
#   _2ND_CT_PASSCODE
version: 1
projects:
  - id: 2nd
    name: Second
    integrations:
      - id: ct
        destination: clevertap
        settings:
          account_id: "0123"
          passcode: \${_2ND_CT_PASSCODE}
`)
  })

  it('name what cannot be read, and leave it out', async () => {
    const { apply, service, storage } = await bench()
    await apply(FULL)
    storage.rows = storage.rows.map((row) => (row.id === 'clevertap' ? { ...row, body: '{' } : row))
    const { text } = await service.exported('acme')
    expect(text).toContain('# NOT HERE: integration clevertap: its stored settings are damaged')
    expect(text).not.toContain('destination: clevertap')
    expect(text).toContain('destination: segment')
  })
})
