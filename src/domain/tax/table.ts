import type { RateRule } from '../commission/rule.ts'
import type { StoreName } from '../purchase.ts'

/**
 * Standard rates of VAT, GST and sales tax that a price in a store includes, by the country of the storefront, as
 * `CODE percent [day percent …]`: the first stands when the table begins (2020), each other from its day. A day alone
 * before the first percent says since when it is in prices at all. Reduced rates, and digital services taxes, are no part
 * of it: see docs/money.md.
 */

/** https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/index_en.htm */
const EUROPEAN_UNION = `
AT 20
BE 21
BG 20
HR 25
CY 19
CZ 21
DK 25
EE 20 2024-01-01 22 2025-07-01 24
FI 24 2024-09-01 25.5
FR 20
DE 19 2020-07-01 16 2021-01-01 19
GR 24
HU 27
IE 23 2020-09-01 21 2021-03-01 23
IT 22
LV 21
LT 21
LU 17 2023-01-01 16 2024-01-01 17
MT 18
NL 21
PL 23
PT 23
RO 19 2025-08-01 21
SK 20 2025-01-01 23
SI 22
ES 21
SE 25
`

/** https://taxsummaries.pwc.com/quick-charts/value-added-tax-vat-rates and the laws that it names */
const ELSEWHERE = `
GB 20
NO 25
IS 24
CH 7.7 2024-01-01 8.1
LI 7.7 2024-01-01 8.1
AL 20
AM 20
AZ 18
BY 20
BA 17
GE 18
MD 20
ME 21
MK 18
RS 20
RU 20 2026-01-01 22
UA 20
TR 18 2023-07-10 20
AU 10
NZ 15
JP 2025-04-01 10
KR 10
TW 5
IN 18
ID 10 2022-04-01 11
MY 6 2024-03-01 8
PH 2025-06-02 12
SG 7 2023-01-01 8 2024-01-01 9
TH 2021-09-01 7
VN 2022-01-01 10
KZ 2022-01-01 12 2026-01-01 16
UZ 15 2023-01-01 12
IL 17 2025-01-01 18
AE 5
BH 5 2022-01-01 10
OM 2021-04-16 5
SA 5 2020-07-01 15
EG 2023-07-25 14
ZA 15
KE 16
NG 7.5
GH 12.5 2023-01-01 15
TZ 2023-07-25 18
UG 18
ZM 16
ZW 15
CM 19.25
SN 2024-07-01 18
MA 20
MX 2020-06-01 16
CL 2020-06-01 19
CO 19
PE 2024-12-01 18
EC 2020-09-16 12 2024-04-01 15
UY 22
PY 2021-01-01 10
CR 2020-10-01 13
BS 12 2022-01-01 10
BB 17.5
`

/** Storefronts whose prices hold no tax: what is added at the till never reaches the price that a store tells. */
const WITHOUT_TAX = ['US', 'CA'] as const
const US_SOURCE = 'https://developer.apple.com/help/app-store-connect/manage-app-pricing/'

/**
 * The stores that sell in their own name, and owe the tax of what they sell. Behind Stripe the team itself is the seller:
 * the tax of a sale is what its invoice says, not what a table says.
 */
const SELLERS: readonly StoreName[] = ['app_store', 'play_store', 'amazon']

export const TAX_TABLE: readonly RateRule[] = SELLERS.flatMap((store) => [
  ...rulesOf(EUROPEAN_UNION, store, 'https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/index_en.htm'),
  ...rulesOf(ELSEWHERE, store, 'https://taxsummaries.pwc.com/quick-charts/value-added-tax-vat-rates'),
  ...WITHOUT_TAX.map((country) => ruleOf(store, country, null, 0, US_SOURCE)),
])

function rulesOf(table: string, store: StoreName, source: string): readonly RateRule[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [country = '', ...cells] = line.split(' ')
      const found: RateRule[] = []
      let from: number | null = null
      for (const cell of cells) {
        if (cell.includes('-')) from = Date.parse(`${cell}T00:00:00Z`)
        else found.push(ruleOf(store, country, from, Math.round(Number(cell) * 10_000), source))
      }
      return found
    })
}

function ruleOf(store: StoreName, country: string, from: number | null, ratePpm: number, source: string): RateRule {
  const any = { appId: null, productId: null, productClass: null, tenure: null, programs: [], until: null }
  return { ...any, store, countries: [country], from, ratePpm, source }
}
