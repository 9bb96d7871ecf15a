/** Times and names as sentences have them. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** 3 Nov 2026 */
export function day(at: number): string {
  const date = new Date(at)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** 3 Nov 2026, 10:02 UTC */
export function moment(at: number): string {
  return `${day(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`
}

/** trial_cancelled → Trial Cancelled; SUBSCRIPTION_EXTENDED → Subscription Extended. */
export function eventTitle(name: string): string {
  return name
    .toLowerCase()
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join(' ')
}

/** As a sentence of its own: one that ends as it should is left alone. */
export function ended(text: string): string {
  const trimmed = text.trim()
  return /[.!?…)"”]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
