import { Alert, Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { CopyField } from '../../parts/CopyButton.tsx'

interface ShownOnceProps {
  readonly icon: ReactNode
  readonly title: string
  readonly label: string
  readonly value: string
  /** Why it is shown once, and where it goes. */
  readonly children: ReactNode
  readonly onCopied: () => void
}

/** What the hub gives out once and keeps no copy of: it stays until somebody says that it was copied. */
export function ShownOnce({ icon, title, label, value, children, onCopied }: ShownOnceProps) {
  return (
    <Stack>
      <Alert color="yellow" variant="light" icon={icon} title={title}>
        {children}
      </Alert>
      <CopyField label={label} value={value} />
      <Group justify="flex-end">
        <Button onClick={onCopied}>I have copied it</Button>
      </Group>
    </Stack>
  )
}
