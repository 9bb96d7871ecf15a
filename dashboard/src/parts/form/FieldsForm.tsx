import { Accordion, Fieldset, Stack, Text } from '@mantine/core'
import type { Field, FieldValues } from '../../api/field.ts'
import { FieldInput } from './FieldInput.tsx'
import { asValues, type FieldErrors, isFurther, isStarted, needOf } from './values.ts'

export interface FieldsFormProps {
  readonly fields: readonly Field[]
  readonly values: FieldValues
  readonly onChange: (values: FieldValues) => void
  /** By the dotted path of the field. */
  readonly errors?: FieldErrors
  /** Nothing can be changed: the reader may not, or a file manages it. */
  readonly readOnly?: boolean
  readonly under?: string
  /** All of them in their order: the page has a place for what others fold away. */
  readonly flat?: boolean
}

/** A form of declared fields: a new connector needs nothing here. What has a default stands under "More options". */
export function FieldsForm(props: FieldsFormProps) {
  const { fields, values, onChange, errors = {}, readOnly = false, under = '', flat = false } = props
  const first = fields.filter((field) => !isFurther(field))
  const further = fields.filter(isFurther)
  const troubled = further.some(({ key }) =>
    Object.keys(errors).some((at) => at === `${under}${key}` || at.startsWith(`${under}${key}.`)),
  )
  const draw = (field: Field) => (
    <OneField key={field.key} {...{ field, fields, values, onChange, errors, readOnly, under }} />
  )
  if (flat || further.length === 0 || first.length === 0) return <Stack gap="md">{fields.map(draw)}</Stack>
  return (
    <Stack gap="md">
      {first.map(draw)}
      <Accordion variant="separated" key={String(troubled)} defaultValue={troubled ? 'more' : null}>
        <Accordion.Item value="more">
          <Accordion.Control>
            <Text size="sm" fw={500}>
              More options
            </Text>
            <Text size="xs" c="dimmed">
              {further.map(({ label }) => label).join(', ')}
            </Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="md">{further.map(draw)}</Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  )
}

function atWill(field: Field): Field {
  return { ...field, required: false }
}

interface OneFieldProps extends Required<Omit<FieldsFormProps, 'flat'>> {
  readonly field: Field
}

function OneField({ field, fields, values, onChange, errors, readOnly, under }: OneFieldProps) {
  const change = (value: unknown): void => onChange({ ...values, [field.key]: value })
  const at = `${under}${field.key}`
  if (field.type === 'object')
    return (
      <Fieldset legend={field.label} disabled={readOnly} radius="md">
        <Text size="xs" c="dimmed" mb="sm">
          {field.help}
        </Text>
        <FieldsForm
          fields={field.required === true || isStarted(values[field.key]) ? field.fields : field.fields.map(atWill)}
          values={asValues(values[field.key])}
          onChange={change}
          errors={errors}
          readOnly={readOnly}
          under={`${at}.`}
        />
        {errors[at] !== undefined && (
          <Text size="xs" c="red" role="alert">
            {errors[at]}
          </Text>
        )}
      </Fieldset>
    )
  return (
    <FieldInput
      field={field}
      value={values[field.key]}
      onChange={change}
      error={errors[at]}
      need={needOf(field, fields, values)}
      together={togetherOf(field, fields)}
      readOnly={readOnly}
    />
  )
}

/** "Goes together with Key id and Private key." */
function togetherOf(field: Field, fields: readonly Field[]): string | null {
  if (field.group === undefined) return null
  const others = fields.filter(({ group, key }) => group === field.group && key !== field.key).map(({ label }) => label)
  if (others.length === 0) return null
  return `Goes together with ${new Intl.ListFormat('en').format(others)}: all or none.`
}
