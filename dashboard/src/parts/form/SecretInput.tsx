import { ActionIcon, Button, Code, Group, Input, PasswordInput, Stack, Text, Textarea } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { type DragEvent, useState } from 'react'
import type { FieldOf } from '../../api/field.ts'
import type { InputProps } from './FieldInput.tsx'
import { isStoredSecret } from './values.ts'

/** A key file is a few KB; whatever is larger is none. */
const MAX_FILE_BYTES = 64 * 1024

/** Goes in and never comes out: what is stored shows its last four characters, and can be replaced. */
export function SecretInput({
  field,
  value,
  onChange,
  error,
  need,
  together,
  readOnly,
}: InputProps<FieldOf<'secret'>>) {
  const [before, setBefore] = useState<unknown>(undefined)
  const description = together === null ? field.help : `${field.help} ${together}`
  const wrapper = { label: field.label, description, withAsterisk: need !== null }
  if (isStoredSecret(value) && value.set) {
    const replace = (): void => {
      setBefore(value)
      onChange('')
    }
    return (
      <Input.Wrapper {...wrapper} error={error} labelElement="div">
        <Group gap="sm" mt={4}>
          <Stored last4={value.last4} />
          {!readOnly && (
            <Button variant="default" size="compact-sm" onClick={replace} aria-label={`Replace ${field.label}`}>
              Replace
            </Button>
          )}
          {!readOnly && field.required !== true && (
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              onClick={() => onChange(null)}
              aria-label={`Remove ${field.label}`}
            >
              Remove
            </Button>
          )}
        </Group>
      </Input.Wrapper>
    )
  }
  const text = typeof value === 'string' ? value : ''
  const keep = isStoredSecret(before) && (
    <Button variant="subtle" size="compact-sm" onClick={() => onChange(before)} style={{ alignSelf: 'flex-start' }}>
      Keep the stored one
    </Button>
  )
  return (
    <Stack gap={4}>
      {field.multiline === true ? (
        <FileText {...wrapper} error={error} name={field.key} text={text} onChange={onChange} readOnly={readOnly} />
      ) : (
        <PasswordInput
          {...wrapper}
          error={error}
          aria-invalid={error !== undefined}
          name={field.key}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          disabled={readOnly}
          autoComplete="off"
          data-1p-ignore
          spellCheck={false}
          visibilityToggleButtonProps={{ 'aria-label': `Show ${field.label}` }}
        />
      )}
      {keep}
    </Stack>
  )
}

function Stored({ last4 }: { readonly last4: string | null | undefined }) {
  return (
    <Text size="sm">
      {last4 == null || last4 === '' ? (
        'Stored'
      ) : (
        <>
          Ends in <Code>{last4}</Code>
        </>
      )}
    </Text>
  )
}

interface FileTextProps {
  readonly label: string
  readonly description: string
  readonly withAsterisk: boolean
  readonly error: string | undefined
  readonly name: string
  readonly text: string
  readonly onChange: (value: string) => void
  readonly readOnly: boolean
}

/** A key of several lines: typed, pasted, chosen as a file, or dropped as one. */
function FileText({ text, onChange, readOnly, label, ...wrapper }: FileTextProps) {
  const [over, setOver] = useState(false)
  const take = (file: File | undefined): void => {
    if (file !== undefined && file.size <= MAX_FILE_BYTES) void file.text().then(onChange)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files[0])
  }
  return (
    <Textarea
      {...wrapper}
      label={label}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      disabled={readOnly}
      placeholder={over ? 'Let go of the file here' : 'Paste it, or drop its file here'}
      autosize
      minRows={3}
      maxRows={8}
      autoComplete="off"
      spellCheck={false}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
      inputContainer={(input) => (
        <Stack gap={4}>
          {input}
          <label>
            <input
              type="file"
              hidden
              disabled={readOnly}
              onChange={(event) => take(event.currentTarget.files?.[0])}
              aria-label={`File of ${label}`}
            />
            <Button component="span" variant="subtle" size="compact-sm">
              Choose a file
            </Button>
          </label>
        </Stack>
      )}
    />
  )
}

/** Several of one kind, while one follows the other. Stored ones stay until they are removed. */
export function SecretsInput({
  field,
  value,
  onChange,
  error,
  need,
  together,
  readOnly,
}: InputProps<FieldOf<'secrets'>>) {
  const list: readonly unknown[] = Array.isArray(value) ? value : isStoredSecret(value) ? [value] : []
  const change = (index: number, next: string): void => onChange(list.map((one, at) => (at === index ? next : one)))
  const description = together === null ? field.help : `${field.help} ${together}`
  return (
    <Input.Wrapper
      label={field.label}
      description={description}
      error={error}
      withAsterisk={need !== null}
      labelElement="div"
    >
      <Stack gap="xs" mt={4}>
        {list.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: secrets have nothing else that tells them apart
          <Group key={index} gap="xs" wrap="nowrap">
            {isStoredSecret(one) ? (
              <Stored last4={one.last4} />
            ) : (
              <PasswordInput
                flex={1}
                aria-label={`${field.label} ${index + 1}`}
                value={typeof one === 'string' ? one : ''}
                onChange={(event) => change(index, event.currentTarget.value)}
                autoComplete="off"
                disabled={readOnly}
                visibilityToggleButtonProps={{ 'aria-label': `Show ${field.label} ${index + 1}` }}
              />
            )}
            {!readOnly && (
              <ActionIcon
                variant="subtle"
                color="red"
                aria-label={`Remove ${field.label} ${index + 1}`}
                onClick={() => onChange(list.filter((_, at) => at !== index))}
              >
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!readOnly && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange([...list, ''])}
            style={{ alignSelf: 'flex-start' }}
          >
            Add one
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
