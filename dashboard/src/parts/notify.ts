import { notifications } from '@mantine/notifications'
import { sentenceOf } from '../api/problem.ts'

/** One sentence at the edge of the page that something was done. */
export function sayDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4_000, closeButtonProps: { 'aria-label': 'Close' } })
}

/** The same for what was not; it stays until somebody closes it. */
export function sayFailed(error: unknown): void {
  notifications.show({
    title: 'That did not work',
    message: sentenceOf(error),
    color: 'red',
    autoClose: false,
    closeButtonProps: { 'aria-label': 'Close' },
  })
}
