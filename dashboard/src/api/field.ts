/**
 * A declared field, as the hub describes it (src/domain/field.ts): everything that a form needs to draw it. The forms know
 * the types of fields and no connector.
 */
interface FieldBase {
  readonly key: string
  readonly label: string
  readonly help: string
  readonly required?: boolean
  /** Needed as soon as another field of the group is set. */
  readonly group?: string
}

export interface Option {
  readonly value: string
  readonly label: string
}

export type Field = FieldBase &
  (
    | {
        readonly type: 'text'
        readonly default?: string
        readonly pattern?: string
        readonly patternHelp?: string
        readonly maxLength?: number
      }
    | {
        readonly type: 'secret'
        readonly pattern?: string
        readonly patternHelp?: string
        readonly maxLength?: number
        readonly multiline?: boolean
      }
    | { readonly type: 'secrets'; readonly pattern?: string; readonly patternHelp?: string }
    | { readonly type: 'select'; readonly default?: string; readonly options: readonly Option[] }
    | { readonly type: 'toggle'; readonly default: boolean }
    | {
        readonly type: 'number'
        readonly default?: number
        readonly min: number
        readonly max: number
        readonly integer?: boolean
      }
    | { readonly type: 'texts'; readonly default?: readonly string[]; readonly options?: readonly string[] }
    | { readonly type: 'seconds'; readonly default?: Readonly<Record<string, number>>; readonly max: number }
    | { readonly type: 'json'; readonly default?: Readonly<Record<string, unknown>> }
    | { readonly type: 'object'; readonly fields: readonly Field[] }
  )

export type FieldOf<Type extends Field['type']> = Extract<Field, { readonly type: Type }>

/** What the hub shows of a stored secret. */
export interface StoredSecret {
  readonly set: boolean
  readonly last4?: string | null
}

export type FieldValues = Readonly<Record<string, unknown>>
