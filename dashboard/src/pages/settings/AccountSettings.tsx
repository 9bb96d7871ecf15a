import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { type SubmitEvent, useState } from 'react'
import { changeAccount, sessionQuery, signOutEverywhere } from '../../api/session.ts'
import { CurrentPassword, NewPassword } from '../../parts/AccountFields.tsx'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { sayDone } from '../../parts/notify.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useSession } from '../../project.ts'
import { queries } from '../../queries.ts'
import { errorAt, isAtField } from '../link/account-errors.ts'

export function AccountSettings() {
  return (
    <>
      <PageHeader title="Your account" />
      <Stack maw={560}>
        <Profile />
        <Password />
        <Sessions />
      </Stack>
    </>
  )
}

/** Takes over the session that an act answers with. */
function useAccountChange(said: string, done: () => void) {
  const router = useRouter()
  return useMutation({
    mutationFn: changeAccount,
    onSuccess: async (session) => {
      queries.setQueryData(sessionQuery.queryKey, session)
      await router.invalidate()
      sayDone(said)
      done()
    },
  })
}

function Profile() {
  const { account } = useSession()
  const [name, setName] = useState(account.name)
  const act = useAccountChange('Your name is changed.', () => undefined)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    act.mutate({ name: name.trim() })
  }
  return (
    <Panel title="Profile">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="E-mail"
            description="It is how you sign in, and stands in the audit log."
            value={account.email}
            readOnly
            variant="filled"
          />
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errorAt(act.error, 'name')}
          />
          {act.isError && !isAtField(act.error, ['name']) && <ErrorState error={act.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={act.isPending} disabled={name.trim() === account.name}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}

function Password() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const act = useAccountChange('Your password is changed.', () => {
    setCurrent('')
    setNext('')
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    act.mutate({ password: { current, next } })
  }
  const { error } = act
  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <Stack>
          <CurrentPassword
            label="Current password"
            value={current}
            onChange={setCurrent}
            error={errorAt(error, 'password.current')}
          />
          <NewPassword label="New password" value={next} onChange={setNext} error={errorAt(error, 'password.next')} />
          {act.isError && !isAtField(error, ['password.current', 'password.next']) && <ErrorState error={error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={act.isPending} disabled={current === '' || next === ''}>
              Change the password
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}

function Sessions() {
  const [asked, setAsked] = useState(false)
  const navigate = useNavigate()
  const act = useMutation({
    mutationFn: signOutEverywhere,
    onSuccess: async () => {
      queries.clear()
      await navigate({ to: '/sign-in' })
    },
  })
  return (
    <Panel title="Sessions">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Ends every session of this account, on every machine.
        </Text>
        <Button variant="default" onClick={() => setAsked(true)}>
          Sign out everywhere
        </Button>
      </Group>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title="Sign out everywhere?"
        act="Sign out everywhere"
        onConfirm={() => act.mutate()}
        pending={act.isPending}
        error={act.error}
        calm
      >
        Every browser that is signed in with this account, this one too, has to sign in again.
      </ConfirmDialog>
    </Panel>
  )
}
