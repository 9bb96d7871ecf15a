import { JsonInput, NumberInput, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Field, FieldOf } from '../../api/field.ts'
import { SecondsInput } from './SecondsInput.tsx'
import { SecretInput, SecretsInput } from './SecretInput.tsx'

export interface InputProps<Declared = Exclude<Field, FieldOf<'object'>>> {
  readonly field: Declared
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  readonly error: string | undefined
  readonly need: 'required' | 'with its group' | null
  readonly together: string | null
  readonly readOnly: boolean
}

/** One declared field, drawn by its type. */
export function FieldInput(props: InputProps) {
  const { field, value, onChange, error, need, together, readOnly } = props
  const common = {
    label: field.label,
    description: together === null ? field.help : `${field.help} ${together}`,
    error,
    withAsterisk: need !== null,
    disabled: readOnly,
    name: field.key,
  }
  switch (field.type) {
    case 'text':
      return (
        <TextInput
          {...common}
          value={typeof value === 'string' ? value : ''}
          placeholder={field.default}
          onChange={(event) => onChange(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
      )
    case 'secret':
      return <SecretInput {...props} field={field} />
    case 'secrets':
      return <SecretsInput {...props} field={field} />
    case 'select':
      return (
        <Select
          {...common}
          data={field.options}
          value={typeof value === 'string' ? value : (field.default ?? null)}
          onChange={onChange}
          allowDeselect={field.required !== true && field.default === undefined}
          placeholder="Choose one"
          searchable={field.options.length > 8}
        />
      )
    case 'toggle':
      return (
        <Switch
          label={field.label}
          description={common.description}
          error={error}
          disabled={readOnly}
          name={field.key}
          checked={typeof value === 'boolean' ? value : field.default}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' || typeof value === 'string' ? value : ''}
          placeholder={field.default === undefined ? '' : String(field.default)}
          onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
          min={field.min}
          max={field.max}
          allowDecimal={field.integer !== true}
          clampBehavior="blur"
          thousandSeparator=" "
        />
      )
    case 'texts':
      return (
        <Stack gap={0}>
          <TagsInput
            {...common}
            data={field.options ?? []}
            value={textsOf(value ?? field.default)}
            onChange={onChange}
            placeholder="Type one and press Enter"
            clearable
            clearButtonProps={{ 'aria-label': `Clear ${field.label}` }}
          />
        </Stack>
      )
    case 'seconds':
      return <SecondsInput {...props} field={field} />
    case 'json':
      return <JsonField {...props} field={field} />
  }
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Text that is not JSON yet stays in the field and says so. */
function JsonField({ field, value, onChange, error, need, readOnly }: InputProps<FieldOf<'json'>>) {
  const given = value === undefined || value === null ? '' : JSON.stringify(value, null, 2)
  const [text, setText] = useState(given)
  const [wrong, setWrong] = useState(false)
  useEffect(() => {
    if (!wrong) setText((held) => (sameJson(held, given) ? held : given))
  }, [given, wrong])
  const take = (next: string): void => {
    setText(next)
    const parsed = parse(next)
    setWrong(parsed === undefined)
    if (parsed !== undefined) onChange(parsed)
  }
  return (
    <JsonInput
      label={field.label}
      description={field.help}
      withAsterisk={need !== null}
      disabled={readOnly}
      value={text}
      onChange={take}
      error={wrong ? 'This is not a JSON object yet; write it as { "name": value }.' : error}
      autosize
      minRows={3}
      formatOnBlur
      placeholder={field.default === undefined ? '{}' : JSON.stringify(field.default)}
    />
  )
}

/** null: nothing is given; undefined: no JSON object. */
function parse(text: string): unknown {
  if (text.trim() === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function sameJson(a: string, b: string): boolean {
  return JSON.stringify(parse(a) ?? null) === JSON.stringify(parse(b) ?? null)
}
