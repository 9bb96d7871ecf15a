import { ActionIcon, Button, Group, Input, NumberInput, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { FieldOf } from '../../api/field.ts'
import type { InputProps } from './FieldInput.tsx'

type Pair = readonly [name: string, seconds: number]

/** Names with whole seconds. Rows are kept here while two of them have the same name or none. */
export function SecondsInput({ field, value, onChange, error, need, readOnly }: InputProps<FieldOf<'seconds'>>) {
  const given =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, number>>) : field.default
  const [pairs, setPairs] = useState<readonly Pair[]>(Object.entries(given ?? {}))
  const set = (next: readonly Pair[]): void => {
    setPairs(next)
    onChange(Object.fromEntries(next.filter(([name]) => name.trim() !== '')))
  }
  const change = (index: number, pair: Pair): void => set(pairs.map((one, at) => (at === index ? pair : one)))
  return (
    <Input.Wrapper
      label={field.label}
      description={field.help}
      error={error}
      withAsterisk={need !== null}
      labelElement="div"
    >
      <Stack gap="xs" mt={4}>
        {pairs.map(([name, seconds], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a name changes while it is typed
          <Group key={index} gap="xs" wrap="nowrap">
            <TextInput
              flex={1}
              aria-label={`Name ${index + 1}`}
              value={name}
              onChange={(event) => change(index, [event.currentTarget.value, seconds])}
              disabled={readOnly}
              spellCheck={false}
            />
            <NumberInput
              w={130}
              aria-label={`Seconds of ${name}`}
              value={seconds}
              min={0}
              max={field.max}
              allowDecimal={false}
              suffix=" s"
              onChange={(next) => change(index, [name, typeof next === 'number' ? next : 0])}
              disabled={readOnly}
            />
            <ActionIcon
              variant="subtle"
              color="red"
              disabled={readOnly}
              aria-label={`Remove ${name}`}
              onClick={() => set(pairs.filter((_, at) => at !== index))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        {!readOnly && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => set([...pairs, ['', 0]])}
            style={{ alignSelf: 'flex-start' }}
          >
            Add one
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
