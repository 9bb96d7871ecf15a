import { Button, Stack, Text } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import type { LinkLook } from '../../api/session.ts'
import { NewPassword } from '../../parts/AccountFields.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { errorAt, isAtField } from './account-errors.ts'
import type { UseLink } from './LinkPage.tsx'

/** For whoever was locked out: the link stands in place of the password that is lost. */
export function SetPasswordForm({ look, use }: { readonly look: LinkLook; readonly use: UseLink }) {
  const [password, setPassword] = useState('')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    use.mutate({ password })
  }
  const { error } = use
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          You come in as {look.email}. A new password signs you out everywhere else.
        </Text>
        {/* Password managers store the password under this address. */}
        <input type="text" name="email" autoComplete="username" value={look.email ?? ''} readOnly hidden />
        <NewPassword label="New password" value={password} onChange={setPassword} error={errorAt(error, 'password')} />
        {use.isError && !isAtField(error, ['password']) && <ErrorState error={error} />}
        <Button type="submit" loading={use.isPending} fullWidth>
          Set the password
        </Button>
        <Button variant="default" loading={use.isPending} fullWidth onClick={() => use.mutate({})}>
          Sign in without changing it
        </Button>
      </Stack>
    </form>
  )
}
