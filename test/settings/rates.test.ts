import { describe, expect, it } from 'vitest'
import { appOf, projectOf } from '../../src/settings/bodies.ts'
import { declarationOf, problemsOf, SMALL, sentencesOf } from './fixture.ts'

function withRates(lines: string): string {
  return SMALL.replace('  - id: acme\n', `  - id: acme\n${lines}`)
}

describe('rates of a project', () => {
  it('become rules, their countries spelled out, their days as times', () => {
    const text = withRates(
      [
        '    commission_rules:',
        '      - { rate: 0.12, store: app_store, countries: [CN, EEA], product_class: auto_renewing, tenure: ">=1y", programs: [small_business_program], from: 2026-03-15, until: 2027-01-01 }',
        '    tax_rules: [{ rate: 0.07, app: ios, product: com.acme.book }]',
        '    exchange_rates: [{ currency: KWD, date: 2026-11-01, usd: "3.25" }]',
        '',
      ].join('\n'),
    )
    expect(problemsOf(text)).toEqual([])
    const [declared] = declarationOf(text).projects
    if (declared === undefined) throw new Error('one project')
    const project = projectOf('acme', JSON.parse(JSON.stringify(declared.body)))
    expect(project.commissionRules).toMatchObject([
      {
        store: 'app_store',
        appId: null,
        productClass: 'auto_renewing',
        tenure: '>=1y',
        programs: ['small_business_program'],
        from: Date.UTC(2026, 2, 15),
        until: Date.UTC(2027, 0, 1),
        ratePpm: 120_000,
      },
    ])
    expect(project.commissionRules?.[0]?.countries).toHaveLength(31)
    expect(project.taxRules).toMatchObject([{ appId: 'ios', productId: 'com.acme.book', ratePpm: 70_000, store: null }])
    expect(project.exchangeRates).toEqual([{ currency: 'KWD', date: '2026-11-01', rate: 3_250_000_000_000n }])
  })

  it.each([
    ['commission_rules: [{ store: app_store }]', 'commission_rules.1.rate: is missing'],
    ['commission_rules: [{ rate: 0.1234567 }]', 'commission_rules.1.rate: must have at most six decimals'],
    ['commission_rules: [{ rate: 2 }]', 'commission_rules.1.rate: must be between 0 and 1'],
    ['commission_rules: [{ rate: 0.1, countries: [Germany] }]', 'commission_rules.1.countries: must be codes'],
    ['commission_rules: [{ rate: 0.1, programs: [mine] }]', 'commission_rules.1.programs.0: must be one of'],
    ['commission_rules: [{ rate: 0.1, from: 2026-02-30 }]', 'commission_rules.1.from: is no day'],
    ['tax_rules: [{ rate: 0.1, tenure: ">=1y" }]', 'tax_rules.1.tenure: is not known here'],
    ['tax_rules: { rate: 0.1 }', 'tax_rules: must be a list'],
    ['exchange_rates: [{ currency: USD, date: 2026-11-01, usd: "1" }]', 'exchange_rates.1.currency: must be an ISO'],
    ['exchange_rates: [{ currency: EUR, date: 2026-11-01, usd: "0" }]', 'exchange_rates.1.usd: must be more than 0'],
    ['exchange_rates: [{ currency: EUR, date: 2026-11-01, usd: 1.1e3 }]', 'exchange_rates.1.usd: must be a decimal'],
  ])('refuse %s', (line, problem) => {
    expect(sentencesOf(withRates(`    ${line}\n`)).join('\n')).toContain(problem)
  })

  it('an app has the programmes of its store, with their days', () => {
    const text = SMALL.replace(
      /\{ id: ios(.*)\}/,
      '{ id: ios$1, small_business_program: { from: 2024-01-01, until: 2026-07-01 } }',
    )
    expect(problemsOf(text)).toEqual([])
    const body = declarationOf(text).projects[0]?.apps[0]?.body
    if (body === undefined) throw new Error('one app')
    expect(appOf('acme', 'ios', body, 0).programs).toEqual([
      { program: 'small_business_program', from: Date.UTC(2024, 0, 1), until: Date.UTC(2026, 6, 1) },
    ])
  })
})
