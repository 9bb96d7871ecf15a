import { Center, Stack, Text, Title } from '@mantine/core'

export function NoProjectPage() {
  return (
    <Center component="main" mih="60vh" p="lg">
      <Stack align="center" gap="xs">
        <Title order={1}>No project yet</Title>
        <Text c="dimmed">You are signed in, but belong to no project: ask its owner for an invitation.</Text>
      </Stack>
    </Center>
  )
}
