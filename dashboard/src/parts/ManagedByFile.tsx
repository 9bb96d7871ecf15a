import { Alert } from '@mantine/core'
import { IconFileSettings } from '@tabler/icons-react'

/** Stands over settings that can be read here and are changed elsewhere. */
export function ManagedByFile({ what }: { readonly what: string }) {
  return (
    <Alert color="gray" variant="light" icon={<IconFileSettings aria-hidden />} title="Managed by the config file">
      {what} is managed by the config file: change it there and apply it, or apply with --adopt to hand it over.
    </Alert>
  )
}
