/**
 * ISO 4217 as data, because a runtime's own list changes with its version and an amount must not. The active codes are
 * those of list one up to amendment 180 (Bulgaria's euro, January 2026):
 * https://www.six-group.com/en/products-services/financial-information/data-standards.html
 *
 * Codes without a minor unit (metals, XDR, XTS, XXX …) are left out: no store charges in them, and no amount in them
 * could be written.
 */
const ACTIVE: Readonly<Record<0 | 2 | 3 | 4, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
    COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
}

/**
 * Withdrawn since the first app store opened (July 2008). Imported history and late refunds still name them, and their
 * amounts keep the exponent they had.
 */
const WITHDRAWN: Readonly<Record<0 | 2, string>> = {
  0: 'BYR',
  2: 'ANG BGN CUC EEK HRK LTL LVL MRO SKK SLL STD TMM VEF ZMK ZWL ZWR',
}

const exponents = new Map<string, number>()
for (const list of [ACTIVE, WITHDRAWN]) {
  for (const [exponent, codes] of Object.entries(list)) {
    for (const code of codes.trim().split(/\s+/)) exponents.set(code, Number(exponent))
  }
}

/** How many decimal places the code's amounts have; null for a code that ISO 4217 does not know. */
export function minorUnits(code: string): number | null {
  return exponents.get(code) ?? null
}

/** Exactly as ISO 4217 writes it: `usd` is none, see `normaliseCurrency`. */
export function isCurrency(code: string): boolean {
  return exponents.has(code)
}

/** The code that a store or a person meant (` usd` → `USD`); null when it is none. */
export function normaliseCurrency(text: string): string | null {
  const code = text.trim().toUpperCase()
  return exponents.has(code) ? code : null
}
