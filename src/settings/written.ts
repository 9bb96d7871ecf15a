import type { RateRule } from '../domain/commission/rule.ts'
import type { Field, Settings } from '../domain/field.ts'
import { decimalOf } from '../domain/money.ts'
import type { AppBody, IntegrationBody, ProjectBody } from './bodies.ts'
import { isObject } from './declared.ts'

/**
 * What is stored as a config file writes it: the inverse of reading. Reading it again gives the same body, so a form
 * changes a copy of it, and an export is it with placeholders in the place of secrets. Secrets are in the clear.
 */
export type Written = Readonly<Record<string, unknown>>

export function projectWritten(id: string, body: ProjectBody): Written {
  return withoutAbsent({
    id,
    name: body.name,
    track_unknown_purchases: body.track_unknown_purchases,
    identity_hold_seconds: body.identity_hold_seconds,
    transfer_behavior: body.transfer_behavior,
    resubscribe_as: body.resubscribe_as,
    entitlements: Object.keys(body.entitlements).length === 0 ? undefined : body.entitlements,
    offerings: body.offerings,
    commission_rules: body.commission_rules?.map(ruleWritten),
    tax_rules: body.tax_rules?.map(ruleWritten),
    exchange_rates: body.exchange_rates?.map(({ currency, date, rate }) => ({ currency, date, usd: usdOf(rate) })),
  })
}

/** `settings` apart: in a file they stand beside the others. */
export function appWritten(id: string, body: AppBody): { readonly own: Written; readonly settings: Settings } {
  const own = withoutAbsent({
    id,
    store: body.store,
    public_key: body.public_key ?? undefined,
    environments: body.environments,
    receive: body.receive,
    events_from: isoOrAbsent(body.events_from),
    commission: body.commission_ppm === null ? undefined : decimalOf(body.commission_ppm),
    tax: body.tax_ppm === null ? undefined : decimalOf(body.tax_ppm),
  })
  return { own, settings: body.settings }
}

export function integrationWritten(id: string, body: IntegrationBody): Written & { readonly settings: Settings } {
  const { destination, enabled, sandbox, event_names, settings } = body
  const own = { id, destination, enabled, live_from: isoOrAbsent(body.live_from), sandbox, event_names }
  return { ...withoutAbsent(own), settings }
}

export function ruleWritten(rule: RateRule): Written {
  return withoutAbsent({
    rate: decimalOf(rule.ratePpm),
    store: rule.store ?? undefined,
    app: rule.appId ?? undefined,
    product: rule.productId ?? undefined,
    countries: rule.countries ?? undefined,
    product_class: rule.productClass ?? undefined,
    tenure: rule.tenure ?? undefined,
    programs: rule.programs.length === 0 ? undefined : rule.programs,
    from: dayOrAbsent(rule.from),
    until: dayOrAbsent(rule.until),
  })
}

const RATE_DIGITS = 12

/** A rate in 10⁻¹² USD as a decimal. */
export function usdOf(rate: string): string {
  const digits = rate.padStart(RATE_DIGITS + 1, '0')
  const fraction = digits.slice(-RATE_DIGITS).replace(/0+$/, '')
  const whole = digits.slice(0, -RATE_DIGITS)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Without what has its default anyway, so that an export says what somebody chose. */
export function withoutDefaults(fields: readonly Field[], written: Written): Written {
  const byKey = new Map(fields.map((field) => [field.key, field]))
  const kept = Object.entries(written).flatMap(([key, value]): (readonly [string, unknown])[] => {
    const field = byKey.get(key)
    if (field?.type === 'object' && isObject(value)) {
      const inner = withoutDefaults(field.fields, value)
      return Object.keys(inner).length === 0 && !field.fields.some(({ required }) => required) ? [] : [[key, inner]]
    }
    const fallback = field !== undefined && 'default' in field ? field.default : undefined
    return JSON.stringify(value) === JSON.stringify(fallback) ? [] : [[key, value]]
  })
  return Object.fromEntries(kept)
}

function withoutAbsent(values: Readonly<Record<string, unknown>>): Written {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function isoOrAbsent(at: number | null): string | undefined {
  return at === null ? undefined : new Date(at).toISOString()
}

function dayOrAbsent(at: number | null): string | undefined {
  return isoOrAbsent(at)?.slice(0, 10)
}
