import { Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

interface PageHeaderProps {
  readonly title: string
  /** What stands in the tab instead of the title, where the title is long. */
  readonly tab?: string
  readonly about?: ReactNode
  /** The pages above this one, as links. */
  readonly above?: readonly ReactNode[]
  /** Beside the title: a badge. */
  readonly beside?: ReactNode
  /** At the right: buttons. */
  readonly actions?: ReactNode
}

/** The head of every page: the one h1, which is the title of the tab as well. */
export function PageHeader({ title, tab, about, above, beside, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${tab ?? title} · Tributary`
  }, [title, tab])
  return (
    <Stack gap={4} mb="lg">
      {above !== undefined && (
        <Breadcrumbs component="nav" aria-label="Pages above" fz="sm">
          {above}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" miw={0}>
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Title>
          {beside}
        </Group>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {about !== undefined && (
        <Text c="dimmed" maw={720}>
          {about}
        </Text>
      )}
    </Stack>
  )
}
