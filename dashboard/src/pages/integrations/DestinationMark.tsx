import { Avatar } from '@mantine/core'

/** The initials of a destination. Nobody's logo is in here. */
export function DestinationMark({ title, size = 36 }: { readonly title: string; readonly size?: number }) {
  return <Avatar name={title} color="initials" radius="md" size={size} aria-hidden alt="" />
}
