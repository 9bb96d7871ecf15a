import { Center, Container, Stack, Text, Title } from '@mantine/core'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ErrorState } from '../parts/ErrorState.tsx'
import { LinkText } from '../parts/links.tsx'

/** An address that leads nowhere, and a project that is not there or not for this account. */
export function NoPage() {
  useEffect(() => {
    document.title = 'Not found · Tributary'
  }, [])
  return (
    <Center component="main" mih="60vh" p="lg">
      <Stack align="center" gap="xs">
        <Title order={1}>There is nothing here</Title>
        <Text c="dimmed">The address is not right, or what it leads to belongs to somebody else.</Text>
        <LinkText to="/">Go to the overview</LinkText>
      </Stack>
    </Center>
  )
}

/** A page that failed: the sentence, and a way to try again. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const again = (): void => {
    reset()
    void router.invalidate()
  }
  return (
    <Container component="main" size="sm" py="xl">
      <Title order={1} mb="md">
        This page could not be shown
      </Title>
      <ErrorState error={error} onRetry={again} />
    </Container>
  )
}
