/** Exact text of micros as a decimal: no float touches the amount. Integers beyond 2^53 do not come: 9 billion units. */
function decimalOfMicros(micros: number): string {
  const value = BigInt(micros)
  const size = value < 0n ? -value : value
  const fraction = String(size % 1_000_000n).padStart(6, '0')
  return `${value < 0n ? '-' : ''}${size / 1_000_000n}.${fraction}`
}

const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string, compact: boolean): Intl.NumberFormat | null {
  const key = `${currency}${compact}`
  const present = formats.get(key)
  if (present !== undefined) return present
  try {
    const made = new Intl.NumberFormat(undefined, {
      style: 'currency',
      currency,
      ...(compact ? { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 2 } : {}),
    })
    formats.set(key, made)
    return made
  } catch {
    // No ISO 4217 code.
    return null
  }
}

/** `$1,234.50`. Intl takes the decimal as text, so that nothing is rounded before the currency's own digits. */
export function moneyText(micros: number, currency: string, compact = false): string {
  const decimal = decimalOfMicros(micros)
  const format = formatOf(currency, compact)
  return format === null ? `${decimal.replace(/\.?0+$/, '')} ${currency}` : format.format(decimal as `${number}`)
}

const whole = new Intl.NumberFormat()

export function countText(count: number): string {
  return whole.format(count)
}
