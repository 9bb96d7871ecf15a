import { Alert, Stack, Text } from '@mantine/core'
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react'
import type { CheckResult } from '../../api/apps.ts'
import { words } from '../../parts/words.ts'

/** The plain answer of the store to each credential that was checked. */
export function CheckResults({ results }: { readonly results: readonly CheckResult[] }) {
  if (results.length === 0)
    return (
      <Text size="sm" c="dimmed" role="status">
        There is nothing to check: this store knows no credentials, or none is entered.
      </Text>
    )
  return (
    <Stack gap="xs" role="status" aria-label="Answers of the check">
      {results.map(({ environment, ok, message }) => (
        <Alert
          key={environment}
          color={ok === true ? 'teal' : ok === false ? 'red' : 'yellow'}
          variant="light"
          icon={
            ok === true ? (
              <IconCheck aria-hidden />
            ) : ok === false ? (
              <IconX aria-hidden />
            ) : (
              <IconQuestionMark aria-hidden />
            )
          }
          title={`${words(environment)}: ${ok === true ? 'accepted' : ok === false ? 'not accepted' : 'not known'}`}
        >
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {message}
          </Text>
        </Alert>
      ))}
    </Stack>
  )
}
