import { EEA, EU } from './regions.ts'
import type { ProductClass, RateRule } from './rule.ts'

/**
 * What the stores keep of a price without tax, as dated rules. Fixed parts of a fee are in no share. A store's actual
 * figure, where it tells one, stands before all of this; so do a project's rules and an app's own `commission`.
 */

function rule(over: Partial<RateRule> & Pick<RateRule, 'store' | 'ratePpm' | 'source'>): RateRule {
  return {
    appId: null,
    productId: null,
    countries: null,
    productClass: null,
    tenure: null,
    programs: [],
    from: null,
    until: null,
    ...over,
  }
}

function day(text: string): number {
  return Date.parse(`${text}T00:00:00Z`)
}

// ── App Store ───────────────────────────────────────────────────────────────────────────────────────────────────────

const APPLE_SUBSCRIPTIONS = 'https://developer.apple.com/app-store/subscriptions/'
const APPLE_SMALL = 'https://developer.apple.com/app-store/small-business-program/'
const APPLE_MINI = 'https://developer.apple.com/programs/mini-apps-partner/'
/** Apple's notice to developers of March 2026, as the press quotes it. */
const APPLE_CHINA = 'https://developer.apple.com/news/ (China mainland, from 2026-03-15)'
/** Not confirmed by anybody's proceeds: see docs/verified.md. In force only where an app's settings say so. */
const APPLE_EU = 'https://developer.apple.com/support/communication-and-promotion-of-offers-on-the-app-store-in-the-eu/'
const APPLE_JAPAN = 'https://developer.apple.com/support/app-distribution-in-japan/'

/** A year of paid service: of renewals alone. */
const AFTER_A_YEAR = { productClass: 'auto_renewing', tenure: '>=1y' } as const

const APP_STORE: readonly RateRule[] = [
  rule({ store: 'app_store', ratePpm: 300_000, source: APPLE_SUBSCRIPTIONS }),
  rule({ store: 'app_store', ratePpm: 150_000, ...AFTER_A_YEAR, source: APPLE_SUBSCRIPTIONS }),
  rule({ store: 'app_store', ratePpm: 150_000, programs: ['small_business_program'], source: APPLE_SMALL }),
  rule({
    store: 'app_store',
    ratePpm: 150_000,
    programs: ['small_business_program'],
    ...AFTER_A_YEAR,
    source: APPLE_SMALL,
  }),
  rule({ store: 'app_store', ratePpm: 150_000, programs: ['mini_apps_partner_program'], source: APPLE_MINI }),
  ...terms({ countries: ['CN'], from: day('2026-03-15'), source: APPLE_CHINA }, 250_000, 120_000),
  // 2 % initial acquisition + 13 % store services + 5 % core technology commission; 10 % + 5 % for the smaller rate.
  ...terms({ countries: EU, programs: ['eu_alternative_terms'], source: APPLE_EU }, 200_000, 150_000),
  // 21 % + 5 % for Apple's processing of the payment; 10 % + 5 %.
  ...terms({ countries: ['JP'], programs: ['japan_alternative_terms'], source: APPLE_JAPAN }, 260_000, 150_000),
]

/** A country's or an agreement's own pair of rates: the lower one in the programs and after a year of paid service. */
function terms(
  over: Pick<RateRule, 'countries' | 'source'> & Partial<RateRule>,
  ratePpm: number,
  lowPpm: number,
): readonly RateRule[] {
  const of = { store: 'app_store', ...over } as const
  const programs = over.programs ?? []
  const low = { ...of, ratePpm: lowPpm }
  return [
    rule({ ...of, ratePpm }),
    rule({ ...low, ...AFTER_A_YEAR }),
    ...(['small_business_program', 'mini_apps_partner_program'] as const).flatMap((program) => [
      rule({ ...low, programs: [...programs, program] }),
      rule({ ...low, programs: [...programs, program], ...AFTER_A_YEAR }),
    ]),
  ]
}

// ── Google Play ─────────────────────────────────────────────────────────────────────────────────────────────────────

const PLAY_CLASSIC = 'https://support.google.com/googleplay/android-developer/answer/112622'
const PLAY_2026 = 'https://support.google.com/googleplay/android-developer/answer/16954621'

/** From when the separate service and billing fees are charged where. */
const PLAY_ROLLOUT: readonly (readonly [countries: readonly string[] | null, from: string])[] = [
  [['US', 'GB', ...EEA], '2026-06-30'],
  [['AU'], '2026-09-30'],
  [['JP', 'KR'], '2026-12-31'],
  [null, '2027-09-30'],
]

/** What is not renewed by itself. */
const PLAY_OTHERS: readonly ProductClass[] = ['one_time', 'prepaid']

const PLAY_STORE: readonly RateRule[] = [
  // Subscriptions: 30 %, then 15 % after a year, until 2022; 15 % since.
  ...play({ ratePpm: 300_000, productClass: 'auto_renewing', until: day('2022-01-01') }),
  ...play({ ratePpm: 150_000, productClass: 'auto_renewing', tenure: '>=1y', until: day('2022-01-01') }),
  ...play({ ratePpm: 150_000, productClass: 'auto_renewing', from: day('2022-01-01') }),
  // All else: 30 % until July 2021, then 15 % on the first million dollars of a year. Which side of it a purchase is on
  // no purchase shows: the app's `over_first_million`.
  ...PLAY_OTHERS.flatMap((productClass) => [
    ...play({ ratePpm: 300_000, productClass, until: day('2021-07-01') }),
    ...play({ ratePpm: 150_000, productClass, from: day('2021-07-01') }),
    ...play({ ratePpm: 300_000, productClass, from: day('2021-07-01'), programs: ['over_first_million'] }),
  ]),
  ...PLAY_ROLLOUT.flatMap(([countries, from]) => playOf2026(countries, day(from))),
]

function play(over: Partial<RateRule> & Pick<RateRule, 'ratePpm'>): readonly RateRule[] {
  return [rule({ store: 'play_store', source: PLAY_CLASSIC, ...over })]
}

/**
 * The service fee with Google's billing fee of 5 %: 10 + 5 on subscriptions and on the first million; beyond it 20 + 5 for
 * new installs, 30 for existing ones, and in the quality programmes 15 + 5 and 20 + 5. No purchase shows when its customer
 * installed the app: the app's `new_installs`.
 */
function playOf2026(countries: readonly string[] | null, from: number): readonly RateRule[] {
  const at = { store: 'play_store', countries, from, source: PLAY_2026 } as const
  return [
    rule({ ...at, productClass: 'auto_renewing', ratePpm: 150_000 }),
    ...PLAY_OTHERS.flatMap((productClass) => [
      rule({ ...at, productClass, ratePpm: 150_000 }),
      rule({ ...at, productClass, ratePpm: 300_000, programs: ['over_first_million'] }),
      rule({ ...at, productClass, ratePpm: 250_000, programs: ['over_first_million', 'new_installs'] }),
      rule({ ...at, productClass, ratePpm: 250_000, programs: ['over_first_million', 'quality_program'] }),
      rule({
        ...at,
        productClass,
        ratePpm: 200_000,
        programs: ['over_first_million', 'new_installs', 'quality_program'],
      }),
    ]),
  ]
}

// ── the others ──────────────────────────────────────────────────────────────────────────────────────────────────────

const AMAZON_TERMS = 'https://developer.amazon.com/docs/reports-promo/earnings-reporting.html'
const AMAZON_SMALL = 'https://developer.amazon.com/docs/policy-center/small-business-accelerator-program.html'

export const COMMISSION_TABLE: readonly RateRule[] = [
  ...APP_STORE,
  ...PLAY_STORE,
  rule({ store: 'amazon', ratePpm: 300_000, source: AMAZON_TERMS }),
  rule({ store: 'amazon', ratePpm: 200_000, programs: ['small_business_accelerator'], source: AMAZON_SMALL }),
  // Percentage of a card payment; the 30 cents are in no share. An app's `commission` or its actual fees come before.
  rule({ store: 'stripe', ratePpm: 29_000, source: 'https://stripe.com/pricing' }),
  rule({ store: 'promotional', ratePpm: 0, source: 'A grant is given by the team itself' }),
]
