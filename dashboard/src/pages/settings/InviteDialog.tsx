import { Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core'
import { IconLink } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import type { Role } from '../../api/session.ts'
import { invite } from '../../api/settings.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { exactTime, msOf } from '../../parts/time.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import { ROLES } from './roles.ts'
import { ShownOnce } from './ShownOnce.tsx'

interface InviteDialogProps {
  readonly opened: boolean
  readonly onClose: () => void
}

/** The hub sends no mail: the link is shown once, to be handed over. */
export function InviteDialog({ opened, onClose }: InviteDialogProps) {
  const { id, access } = useProject()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('marketer')
  const act = useMutation({
    mutationFn: () => invite(id, email.trim(), role),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['invitations', id] }),
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    act.mutate()
  }
  const forget = (): void => {
    act.reset()
    setEmail('')
  }
  const fieldError = act.error instanceof ApiProblem ? act.error.errors.find(({ at }) => at === 'email') : undefined
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={forget}
      title={act.isSuccess ? `Invitation of ${act.data.email}` : 'Invite somebody'}
      closeOnClickOutside={!act.isSuccess}
      closeOnEscape={!act.isSuccess}
    >
      {act.isSuccess ? (
        <ShownOnce
          icon={<IconLink aria-hidden />}
          title="Copy the link now"
          label="Invitation link"
          value={act.data.link}
          onCopied={onClose}
        >
          It is shown only once, and the hub sends no mail: hand it over yourself. It works once, until{' '}
          {exactTime(msOf(act.data.expires_at))}.
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="E-mail"
              description="How they sign in later."
              type="email"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              error={fieldError?.message}
              required
              withAsterisk={false}
              autoComplete="off"
              data-autofocus
            />
            <Radio.Group
              label="Role"
              value={role}
              onChange={(next) => setRole(ROLES.find(({ value }) => value === next)?.value ?? role)}
            >
              <Stack gap="xs" mt="xs">
                {ROLES.filter(({ value }) => value !== 'owner' || access.role === 'owner').map(
                  ({ value, label, about }) => (
                    <Radio key={value} value={value} label={label} description={about} />
                  ),
                )}
              </Stack>
            </Radio.Group>
            {act.isError && fieldError === undefined && <ErrorState error={act.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={act.isPending} disabled={email.trim() === ''}>
                Invite
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
