/**
 * A declared field: one list per store and per destination, from which validation, masking, the forms and the
 * reference pages are made. Nothing else says what a connector's settings are.
 */
interface FieldBase {
  readonly key: string
  readonly label: string
  /** One or two plain sentences: what it is and where a person finds it. */
  readonly help: string
  readonly required?: boolean
  /** Needed as soon as any other field of the same group is set (for example the three parts of an API key). */
  readonly group?: string
  /** An issue that is not built yet: only the default is accepted, anything else is refused with "not yet". */
  readonly later?: boolean
}

export type Field =
  | (FieldBase & {
      readonly type: 'text'
      readonly default?: string
      /** A full-match pattern and the sentence that is shown when it does not match. */
      readonly pattern?: string
      readonly patternHelp?: string
      readonly maxLength?: number
    })
  /** Goes in and never comes out: encrypted at rest, masked to its last four characters. */
  | (FieldBase & {
      readonly type: 'secret'
      readonly pattern?: string
      readonly patternHelp?: string
      readonly maxLength?: number
      readonly multiline?: boolean
    })
  /** Several secrets of one kind, where a rotation needs the old one beside the new one; a lone text is a list of one. */
  | (FieldBase & { readonly type: 'secrets'; readonly pattern?: string; readonly patternHelp?: string })
  | (FieldBase & {
      readonly type: 'select'
      readonly default?: string
      readonly options: readonly { readonly value: string; readonly label: string }[]
    })
  | (FieldBase & { readonly type: 'toggle'; readonly default: boolean })
  | (FieldBase & {
      readonly type: 'number'
      readonly default?: number
      readonly min: number
      readonly max: number
      readonly integer?: boolean
    })
  /** Text → text. */
  | (FieldBase & { readonly type: 'texts'; readonly default?: readonly string[]; readonly options?: readonly string[] })
  /** A name → whole seconds, as in wait_for_attribute. */
  | (FieldBase & {
      readonly type: 'seconds'
      readonly default?: Readonly<Record<string, number>>
      readonly max: number
    })
  /** A JSON object passed through as it is. */
  | (FieldBase & { readonly type: 'json'; readonly default?: Readonly<Record<string, unknown>> })
  /** Nested fields under one key (`api_key: {issuer_id, key_id, private_key}`). */
  | (FieldBase & { readonly type: 'object'; readonly fields: readonly Field[] })

export type SettingsValue =
  | string
  | number
  | boolean
  | null
  | readonly SettingsValue[]
  | { readonly [key: string]: SettingsValue }
/** Validated values of a connector's declared fields, defaults filled in, secrets in the clear (memory only). */
export type Settings = Readonly<Record<string, SettingsValue>>
