import { Accordion, Stack, Text } from '@mantine/core'
import type { StoreConnector } from '../../api/connectors.ts'
import type { Field, FieldValues } from '../../api/field.ts'
import type { FieldError } from '../../api/problem.ts'
import { FieldsForm } from '../../parts/form/FieldsForm.tsx'
import { errorsUnder, type FieldErrors } from '../../parts/form/values.ts'
import { Panel } from '../../parts/Panel.tsx'
import { type AppValues, fieldsOf } from './app-form.ts'
import classes from './Stores.module.css'

interface AppFormProps {
  readonly connector: StoreConnector
  readonly values: AppValues
  readonly onChange: (values: AppValues) => void
  readonly errors: readonly FieldError[]
  /** What the browser saw itself, by the paths of the hub. */
  readonly local?: FieldErrors
  readonly readOnly?: boolean
}

/** The fields below the id: credentials of the store, how messages come, and what most leave alone. */
export function AppForm({ connector, values, onChange, errors, local = {}, readOnly = false }: AppFormProps) {
  const { way, settings, aside, further } = fieldsOf(connector)
  const own = { ...errorsUnder(errors, ''), ...local }
  const set = (next: FieldValues): void => onChange({ ...values, own: next })
  const part = (fields: readonly Field[]) => (
    <FieldsForm fields={fields} values={values.own} onChange={set} errors={own} readOnly={readOnly} />
  )
  const told = { ...errorsUnder(errors, 'settings'), ...under(local, 'settings.') }
  const ofStore = (fields: readonly Field[]) => (
    <FieldsForm
      fields={fields}
      values={values.settings}
      onChange={(next) => onChange({ ...values, settings: next })}
      errors={told}
      readOnly={readOnly}
    />
  )
  const troubled =
    aside.some(({ key }) => Object.keys(told).some((at) => at === key || at.startsWith(`${key}.`))) ||
    further.some(({ key }) => own[key] !== undefined)
  return (
    <Stack>
      <Panel title="How messages come">
        <Stack gap="md">
          {way.map((field) => (
            <div key={field.key}>{part([field])}</div>
          ))}
        </Stack>
      </Panel>
      <Panel title={`What ${connector.title} gave you`}>{ofStore(settings)}</Panel>
      {further.length + aside.length > 0 && (
        <Accordion
          variant="separated"
          className={classes.fold}
          key={String(troubled)}
          defaultValue={troubled ? 'further' : null}
        >
          <Accordion.Item value="further">
            <Accordion.Control>
              <Text size="sm" fw={500}>
                More of this app
              </Text>
              <Text size="xs" c="dimmed">
                {[...further, ...aside].map(({ label }) => label).join(', ')}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="md">
                {ofStore(aside)}
                {further.map((field) => (
                  <div key={field.key}>{part([field])}</div>
                ))}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </Stack>
  )
}

function under(errors: FieldErrors, prefix: string): FieldErrors {
  return Object.fromEntries(
    Object.entries(errors)
      .filter(([at]) => at.startsWith(prefix))
      .map(([at, message]) => [at.slice(prefix.length), message]),
  )
}
