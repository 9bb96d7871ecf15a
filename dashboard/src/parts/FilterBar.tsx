import { Button, Group, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useState } from 'react'

type Value = string | undefined
export type Filters = Readonly<Record<string, Value>>

export type Filter =
  | {
      readonly kind: 'select'
      readonly key: string
      readonly label: string
      readonly options: readonly { readonly value: string; readonly label: string }[]
    }
  | { readonly kind: 'text'; readonly key: string; readonly label: string; readonly placeholder?: string }
  /** A day of the reader's calendar, as `YYYY-MM-DD`. */
  | { readonly kind: 'day'; readonly key: string; readonly label: string }

interface FilterBarProps {
  readonly filters: readonly Filter[]
  /** What the address holds. */
  readonly values: Filters
  /** Writes to the address; a filter that is undefined leaves it. */
  readonly onChange: (change: Filters) => void
}

/** Filters of a list. The address holds them, so that a link shows what its sender saw. */
export function FilterBar({ filters, values, onChange }: FilterBarProps) {
  const set = filters.filter(({ key }) => values[key] !== undefined)
  const clear = (): void => onChange(Object.fromEntries(filters.map(({ key }) => [key, undefined])))
  return (
    <Group gap="xs" mb="md" role="search" aria-label="Filters" align="flex-end">
      {filters.map((filter) => (
        <FilterInput key={filter.key} filter={filter} value={values[filter.key]} onChange={onChange} />
      ))}
      {set.length > 0 && (
        <Button variant="subtle" size="sm" onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  )
}

function FilterInput({
  filter,
  value,
  onChange,
}: {
  filter: Filter
  value: Value
  onChange: FilterBarProps['onChange']
}) {
  const { key, label } = filter
  const take = (next: string | null): void => onChange({ [key]: next === null || next === '' ? undefined : next })
  switch (filter.kind) {
    case 'select':
      return (
        <Select
          aria-label={label}
          placeholder={label}
          data={filter.options}
          value={value ?? null}
          onChange={take}
          clearable
          clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
          searchable={filter.options.length > 8}
          w={180}
        />
      )
    case 'text':
      return <TextFilter label={label} placeholder={filter.placeholder ?? label} value={value ?? ''} take={take} />
    case 'day':
      return (
        <TextInput
          type="date"
          aria-label={label}
          leftSection={<span>{label}</span>}
          leftSectionWidth={52}
          leftSectionProps={{ style: { fontSize: 12, color: 'var(--quiet)' } }}
          value={value ?? ''}
          onChange={(event) => take(event.currentTarget.value)}
          w={200}
        />
      )
  }
}

const PAUSE_MS = 250

interface TextFilterProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly take: (next: string) => void
}

function TextFilter({ label, placeholder, value, take }: TextFilterProps) {
  const [text, setText] = useState(value)
  const later = useDebouncedCallback(take, PAUSE_MS)
  useEffect(() => setText(value), [value])
  return (
    <TextInput
      aria-label={label}
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        later(event.currentTarget.value)
      }}
      w={240}
      spellCheck={false}
    />
  )
}
