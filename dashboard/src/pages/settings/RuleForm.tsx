import { Button, Group, Stack } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import type { Field, FieldValues } from '../../api/field.ts'
import { ApiProblem } from '../../api/problem.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { FieldsForm } from '../../parts/form/FieldsForm.tsx'
import { errorsUnder, type FieldErrors, isGiven, lookOver } from '../../parts/form/values.ts'

interface RuleFormProps {
  readonly fields: readonly Field[]
  readonly rule: FieldValues
  /** Where the rule stands in what is sent: `tax_rules.2`. */
  readonly under: string
  readonly error: unknown
  readonly pending: boolean
  readonly onCancel: () => void
  readonly onSave: (rule: FieldValues) => void
}

export function RuleForm({ fields, rule, under, error, pending, onCancel, onSave }: RuleFormProps) {
  const [values, setValues] = useState(rule)
  const [local, setLocal] = useState<FieldErrors>({})
  const told = error instanceof ApiProblem ? errorsUnder(error.errors, under) : {}
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const found = lookOver(fields, values)
    setLocal(found)
    if (Object.keys(found).length > 0) return
    onSave(Object.fromEntries(Object.entries(values).filter(([, value]) => isGiven(value))))
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FieldsForm fields={fields} values={values} onChange={setValues} errors={{ ...told, ...local }} />
        {error !== null && Object.keys(told).length === 0 && <ErrorState error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={pending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
