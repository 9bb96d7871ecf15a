import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { ErrorState } from './ErrorState.tsx'

interface ConfirmDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
  /** A question: "Delete the integration clevertap?" */
  readonly title: string
  /** Names all that is touched. */
  readonly children: ReactNode
  /** What the button says: "Delete the integration". */
  readonly act: string
  readonly onConfirm: () => void
  readonly pending?: boolean
  readonly error?: unknown
  /** For great acts: has to be typed before the button works. */
  readonly typeName?: string
  readonly calm?: boolean
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, onClose, title, children, act, onConfirm, pending = false, error, typeName, calm = false } = props
  const [typed, setTyped] = useState('')
  const ready = typeName === undefined || typed.trim() === typeName
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    // A dialog may stand within a form of the page: React hands its submit on to that form, which would save.
    event.stopPropagation()
    if (ready) onConfirm()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title} onExitTransitionEnd={() => setTyped('')}>
      <form onSubmit={submit}>
        <Stack>
          {typeof children === 'string' ? <Text size="sm">{children}</Text> : children}
          {typeName !== undefined && (
            <TextInput
              label={`Type ${typeName} to go on`}
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
          )}
          {error !== undefined && error !== null && <ErrorState error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" {...(calm ? {} : { color: 'red' })} disabled={!ready} loading={pending}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
