import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react'
import { ApiProblem, sentenceOf } from '../api/problem.ts'

/** What went wrong in one sentence, the id under which the hub's log has it, and a way to try again. */
export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const silent = error instanceof ApiProblem && error.status === 0
  // What the reader did wrong stands in no log.
  const requestId = error instanceof ApiProblem && error.status >= 500 ? error.requestId : null
  const title = silent ? 'The hub does not answer' : 'That did not work'
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      title={title}
      icon={silent ? <IconPlugConnectedX aria-hidden /> : <IconAlertTriangle aria-hidden />}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {(requestId !== null || onRetry !== undefined) && (
          <Group gap="sm">
            {onRetry !== undefined && (
              <Button size="xs" variant="default" onClick={onRetry}>
                Try again
              </Button>
            )}
            {requestId !== null && (
              <Text size="xs" c="dimmed">
                Request <Code>{requestId}</Code>
              </Text>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  )
}
