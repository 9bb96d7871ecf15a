import { Button, Divider, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { type SubmitEvent, useState } from 'react'
import { sessionQuery, signIn, signInQuery } from '../../api/session.ts'
import { CurrentPassword, EmailField } from '../../parts/AccountFields.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { queries } from '../../queries.ts'
import { Doorway } from '../../shell/Doorway.tsx'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { back } = route.useSearch()
  const router = useRouter()
  const state = useQuery(signInQuery)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const act = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: (session) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, session)
      router.history.push(back ?? '/')
    },
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    act.mutate()
  }
  // What the single sign-on has to say comes in the fragment, which no log sees.
  const told = /^#error=(.{1,300})$/.exec(globalThis.location.hash)?.[1]
  const oidc = state.data?.oidc ?? null
  return (
    <Doorway title="Sign in">
      {state.data?.setup_pending === true && (
        <Text size="sm" c="dimmed">
          Nobody has an account yet: open the set-up link that the hub printed when it started.
        </Text>
      )}
      {told !== undefined && act.isIdle && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)">
          {decoded(told)}
        </Text>
      )}
      {state.isError && <ErrorState error={state.error} onRetry={() => void state.refetch()} />}
      <form onSubmit={submit}>
        <Stack>
          <EmailField value={email} onChange={setEmail} />
          <CurrentPassword label="Password" value={password} onChange={setPassword} />
          {act.isError && <ErrorState error={act.error} />}
          <Button type="submit" loading={act.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
      {oidc !== null && (
        <>
          <Divider label="or" />
          <Button component="a" href="/api/oidc/start" variant="default" fullWidth>
            Sign in with {oidc.name}
          </Button>
        </>
      )}
    </Doorway>
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return 'The sign-in did not work; try it again.'
  }
}
