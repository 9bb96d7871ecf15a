import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Mark } from './Mark.tsx'

/** The pages before the shell: sign-in and links. */
export function Doorway({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Tributary`
  }, [title])
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw={400} gap="lg">
        <Group gap="xs" justify="center">
          <Mark size={32} />
          <Text fw={650} size="lg">
            Tributary
          </Text>
        </Group>
        <Paper p="xl" bg="var(--raised)">
          <Stack>
            <Title order={1} size="h2">
              {title}
            </Title>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  )
}
