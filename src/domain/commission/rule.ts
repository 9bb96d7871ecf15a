import type { Ppm } from '../money.ts'
import type { PeriodType, StoreName } from '../purchase.ts'

/**
 * Dated rates: what a store keeps of a price, and which tax is in it. The shipped tables and a project's own rules have
 * this one form; the rule that names most wins.
 */

export const PRODUCT_CLASSES = ['auto_renewing', 'prepaid', 'one_time'] as const
export type ProductClass = (typeof PRODUCT_CLASSES)[number]

/** How long the customer has been paying for the subscription. */
export const TENURES = ['<1y', '>=1y'] as const
export type Tenure = (typeof TENURES)[number]

/** What a developer joined, or what no purchase shows, with dates that the app's settings tell. */
export const PROGRAMS = [
  'small_business_program',
  'mini_apps_partner_program',
  'eu_alternative_terms',
  'japan_alternative_terms',
  'small_business_accelerator',
  'over_first_million',
  'new_installs',
  'quality_program',
] as const
export type Program = (typeof PROGRAMS)[number]

/** Times in milliseconds; `until` is the first moment that is not in it, null: it goes on. */
export interface ProgramDates {
  readonly program: Program
  readonly from: number
  readonly until: number | null
}

export interface RateRule {
  /** null, and an empty list of programs: whatever it is. */
  readonly store: StoreName | null
  readonly appId: string | null
  readonly productId: string | null
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[] | null
  readonly productClass: ProductClass | null
  readonly tenure: Tenure | null
  /** All of them are in force on the day of the purchase. */
  readonly programs: readonly Program[]
  /** Milliseconds; null: always, for ever. */
  readonly from: number | null
  readonly until: number | null
  readonly ratePpm: Ppm
  /** Where the rate is told: an address, or the setting. */
  readonly source: string
}

/** What a rate depends on. */
export interface RateQuestion {
  readonly store: StoreName
  readonly appId: string
  readonly productId: string
  readonly countryCode: string | null
  readonly productClass: ProductClass
  readonly tenure: Tenure
  /** Purchase time, milliseconds. */
  readonly at: number
}

export interface RateBook {
  /** The rule that decides; null where none speaks of it. */
  find(question: RateQuestion, programs: readonly ProgramDates[]): RateRule | null
}

export function productClassOf(charge: {
  readonly kind: 'period' | 'one_time'
  readonly periodType: PeriodType
}): ProductClass {
  if (charge.kind === 'one_time') return 'one_time'
  return charge.periodType === 'PREPAID' ? 'prepaid' : 'auto_renewing'
}

const COUNTRY = /^[A-Z]{2}$/

/**
 * Answers by the rule that names most; of equals the one that names one country before the one that names several, then
 * the one that began last. What fits a kind of charge is sorted once and kept, so that a charge costs one look-up.
 */
export function createRateBook(rules: readonly RateRule[]): RateBook {
  const products = new Set(rules.flatMap(({ productId }) => productId ?? []))
  const sorted = new Map<string, readonly RateRule[]>()
  return {
    find: (question, programs) => {
      const { store, appId, productClass, tenure, at } = question
      const country = COUNTRY.test(question.countryCode ?? '') ? question.countryCode : null
      const product = products.has(question.productId) ? question.productId : ''
      const kind = `${store}|${country ?? ''}|${productClass}|${tenure}|${appId}|${product}`
      const fitting = sorted.get(kind) ?? rules.filter((rule) => fits(rule, question, country)).sort(moreNamed)
      sorted.set(kind, fitting)
      return fitting.find((rule) => isInForce(rule, at, programs)) ?? null
    },
  }
}

function fits(rule: RateRule, question: RateQuestion, country: string | null): boolean {
  return (
    (rule.store === null || rule.store === question.store) &&
    (rule.appId === null || rule.appId === question.appId) &&
    (rule.productId === null || rule.productId === question.productId) &&
    (rule.countries === null || (country !== null && rule.countries.includes(country))) &&
    (rule.productClass === null || rule.productClass === question.productClass) &&
    (rule.tenure === null || rule.tenure === question.tenure)
  )
}

function isInForce({ from, until, programs }: RateRule, at: number, joined: readonly ProgramDates[]): boolean {
  if ((from !== null && at < from) || (until !== null && at >= until)) return false
  return programs.every((program) =>
    joined.some((one) => one.program === program && at >= one.from && (one.until === null || at < one.until)),
  )
}

function named({ store, appId, productId, countries, productClass, tenure, programs }: RateRule): number {
  const parts = [store, appId, productId, countries, productClass, tenure].filter((part) => part !== null)
  return parts.length + programs.length
}

function moreNamed(a: RateRule, b: RateRule): number {
  const several = ({ countries }: RateRule): number => (countries === null || countries.length === 1 ? 0 : 1)
  return named(b) - named(a) || several(a) - several(b) || (b.from ?? 0) - (a.from ?? 0)
}
