import { Stack, Text, ThemeIcon, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  readonly icon: Icon
  readonly title: string
  /** What to do, in one sentence. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** A list without anything in it says what to do. */
export function EmptyState({ icon: Sign, title, children, action }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <ThemeIcon size={48} radius="xl" variant="light" aria-hidden>
        <Sign size={24} stroke={1.5} />
      </ThemeIcon>
      {/* Below the heading of a page as of a panel. */}
      <Title order={2} size="h3">
        {title}
      </Title>
      <Text c="dimmed" maw={460}>
        {children}
      </Text>
      {action}
    </Stack>
  )
}
