import { Button, Stack, Text, TextInput } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import type { LinkLook } from '../../api/session.ts'
import { CurrentPassword, NameField, NewPassword } from '../../parts/AccountFields.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { errorAt, isAtField } from './account-errors.ts'
import type { UseLink } from './LinkPage.tsx'

export function InvitationForm({ look, use }: { readonly look: LinkLook; readonly use: UseLink }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    use.mutate(look.has_account ? { password } : { name: name.trim(), password })
  }
  const { error } = use
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          {look.project === null ? 'You join this hub' : `You join ${look.project.name}`}
          {look.role === null ? '' : ` as ${look.role}`}.
        </Text>
        <TextInput
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          value={look.email ?? ''}
          readOnly
          variant="filled"
        />
        {look.has_account ? (
          <CurrentPassword
            label="Password"
            description="You have an account on this hub already."
            value={password}
            onChange={setPassword}
            error={errorAt(error, 'password')}
          />
        ) : (
          <>
            <NameField value={name} onChange={setName} error={errorAt(error, 'name')} />
            <NewPassword label="Password" value={password} onChange={setPassword} error={errorAt(error, 'password')} />
          </>
        )}
        {use.isError && !isAtField(error, ['name', 'password']) && <ErrorState error={error} />}
        <Button type="submit" loading={use.isPending} fullWidth>
          Join
        </Button>
      </Stack>
    </form>
  )
}
