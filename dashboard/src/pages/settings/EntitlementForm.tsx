import { Button, Group, Stack, TagsInput, TextInput } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import type { Project } from '../../api/settings.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'

type All = Readonly<Record<string, readonly string[]>>

interface EntitlementFormProps {
  readonly project: Project
  /** null: a new one. */
  readonly edited: string | null
  readonly error: unknown
  readonly pending: boolean
  readonly onCancel: () => void
  readonly onSave: (entitlements: All, name: string) => void
}

export function EntitlementForm({ project, edited, error, pending, onCancel, onSave }: EntitlementFormProps) {
  const all = project.entitlements
  const [name, setName] = useState(edited ?? '')
  const [products, setProducts] = useState<string[]>([...(all[edited ?? ''] ?? [])])
  const known = [...new Set(Object.values(all).flat())]
  const plain = name.trim()
  const taken = plain !== edited && Object.hasOwn(all, plain)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (plain !== '' && !taken) onSave(withOne(all, edited, plain, products), plain)
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description={
            edited === null
              ? 'As apps and events name it: premium.'
              : 'Apps ask for it by its name: change it in them as well.'
          }
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={taken ? 'There is one of this name already; choose another, or edit that one.' : undefined}
          required
          withAsterisk={false}
          autoComplete="off"
          data-autofocus
        />
        <TagsInput
          label="Products"
          description="Product ids as the stores have them; Google Play’s as subscription:base-plan."
          placeholder="Type one and press Enter"
          data={known}
          value={products}
          onChange={setProducts}
          acceptValueOnBlur
          clearable
          clearButtonProps={{ 'aria-label': 'Clear the products' }}
        />
        {error !== null && <ErrorState error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={pending} disabled={plain === '' || taken}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** The order stays, under a new name too. */
function withOne(all: All, edited: string | null, name: string, products: readonly string[]): All {
  if (edited === null) return { ...all, [name]: products }
  return Object.fromEntries(Object.entries(all).map(([key, ids]) => (key === edited ? [name, products] : [key, ids])))
}
