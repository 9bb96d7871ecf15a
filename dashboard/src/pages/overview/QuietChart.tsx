import { Center, Text } from '@mantine/core'
import type { ReactNode } from 'react'

export function QuietChart({ children }: { readonly children: ReactNode }) {
  return (
    <Center h={240}>
      <Text size="sm" c="dimmed">
        {children}
      </Text>
    </Center>
  )
}
