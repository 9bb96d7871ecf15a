import { Alert, Stack, Text } from '@mantine/core'
import { IconFileSettings } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** Stands over settings that can be read here and are changed elsewhere. */
export function ManagedByFile({ what, children }: { readonly what: string; readonly children?: ReactNode }) {
  return (
    <Alert color="gray" variant="light" icon={<IconFileSettings aria-hidden />} title="Managed by the config file">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{what} is read-only here: change it in the file and apply it.</Text>
        {children}
      </Stack>
    </Alert>
  )
}
