import type { Field, Settings, SettingsValue } from '../domain/field.ts'
import type { ReportedCurrency, SalesReporting } from '../domain/revenue.ts'

/**
 * The fields that every destination declares, with its own words of help, and what their values mean. A destination
 * chooses where they stand in its form.
 */

export function salesReportingField(help: string): Field {
  return {
    key: 'sales_reporting',
    type: 'select',
    label: 'Sales reporting',
    help,
    default: 'gross',
    options: [
      { value: 'gross', label: 'Gross revenue' },
      { value: 'after_commission', label: 'Revenue after store commission' },
      { value: 'after_commission_and_taxes', label: 'Revenue after store commission and taxes' },
    ],
  }
}

export function salesReportingOf({ sales_reporting: mode }: Settings): SalesReporting {
  return mode === 'after_commission' || mode === 'after_commission_and_taxes' ? mode : 'gross'
}

/** The default stands first. */
export function currencyField(words: {
  readonly label: string
  readonly help: string
  readonly default: ReportedCurrency
}): Field {
  const usd = { value: 'usd', label: 'US dollars' }
  const purchased = { value: 'purchased', label: 'The currency of the purchase' }
  return {
    key: 'currency',
    type: 'select',
    ...words,
    options: words.default === 'usd' ? [usd, purchased] : [purchased, usd],
  }
}

export function reportedCurrencyOf({ currency }: Settings, fallback: ReportedCurrency): ReportedCurrency {
  return currency === 'usd' || currency === 'purchased' ? currency : fallback
}

export function attributesField(help: string): Field {
  const none = { type: 'texts', default: [] } as const
  return {
    key: 'attributes',
    type: 'object',
    label: 'Attributes',
    help,
    fields: [
      {
        key: 'include',
        label: 'Only these',
        help: 'Keys as the customer has them ($email); empty means all.',
        ...none,
      },
      { key: 'exclude', label: 'Never these', help: 'Keys that are left out ($ip).', ...none },
    ],
  }
}

/** Which attributes are sent: `include` empty means all, `exclude` always wins. */
export interface AttributeLists {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

export function attributeListsOf({ attributes }: Settings): AttributeLists {
  const lists = objectOf(attributes)
  return { include: textsOf(lists.include), exclude: textsOf(lists.exclude) }
}

/** `example`: "$email: 60". */
export function waitForAttributeField(example: string): Field {
  return {
    key: 'wait_for_attribute',
    type: 'seconds',
    label: 'Wait for an attribute',
    help: `How many seconds a new customer's first events wait for an attribute, for example ${example}.`,
    default: {},
    max: 86_400,
  }
}

export function eventTimeField(help: string): Field {
  return {
    key: 'event_time',
    type: 'select',
    label: 'Time of an event',
    help,
    default: 'happened',
    options: [
      { value: 'happened', label: 'When it happened' },
      { value: 'sent', label: 'When it is sent' },
    ],
  }
}

export function eventTimeOf({ event_time: time }: Settings): 'happened' | 'sent' {
  return time === 'sent' ? 'sent' : 'happened'
}

export function whenUnknownField(help: string): Field {
  return {
    key: 'when_unknown',
    type: 'select',
    label: 'When an answer is lost',
    help,
    default: 'retry',
    options: [
      { value: 'retry', label: 'Send again' },
      { value: 'hold', label: 'Hold for a decision' },
    ],
  }
}

export const ALL_EVENTS_FIELD: Field = {
  key: 'all_events',
  type: 'toggle',
  label: 'All events of all stores',
  help: 'Lifts the table of which event is sent for which store.',
  default: false,
}

export function maxInFlightField(help: string, limits: { readonly slots: number; readonly maxSlots: number }): Field {
  return {
    key: 'max_in_flight',
    type: 'number',
    label: 'Requests at once',
    help,
    default: limits.slots,
    min: 1,
    max: limits.maxSlots,
    integer: true,
  }
}

export function objectOf(value: SettingsValue | undefined): Readonly<Record<string, SettingsValue>> {
  const isObject = (given: typeof value): given is { readonly [key: string]: SettingsValue } =>
    typeof given === 'object' && given !== null && !Array.isArray(given)
  return isObject(value) ? value : {}
}

function textsOf(value: SettingsValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
