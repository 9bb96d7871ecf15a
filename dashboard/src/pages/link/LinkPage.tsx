import { Button, Loader, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { applyLink, type LinkLook, type LinkUse, lookAtLink, type Session, sessionQuery } from '../../api/session.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { queries } from '../../queries.ts'
import { Doorway } from '../../shell/Doorway.tsx'
import { InvitationForm } from './InvitationForm.tsx'
import { SetPasswordForm } from './SetPasswordForm.tsx'
import { SetupForm } from './SetupForm.tsx'

const TITLES: Readonly<Record<LinkLook['kind'], string>> = {
  setup: 'Set up this hub',
  invitation: 'You are invited',
  sign_in: 'Sign in',
}

const titleOf = (look: LinkLook): string => (look.may_set_password ? 'Set a new password' : TITLES[look.kind])

/** One-time links: the first account, an invitation, a sign-in. The token stands in the fragment, which no log sees. */
export function LinkPage() {
  const [token] = useState(() => globalThis.location.hash.slice(1))
  const router = useRouter()
  const look = useQuery({
    queryKey: ['link', token],
    queryFn: () => lookAtLink(token),
    enabled: token !== '',
    retry: false,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const enter = (session: Session): void => {
    // What was read before belongs to nobody. The link itself stays: to look at it again would be to look at a used one.
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'link' })
    queries.setQueryData(sessionQuery.queryKey, session)
    void router.navigate({ to: '/', replace: true })
  }
  const use = useMutation({
    mutationFn: (body: Omit<LinkUse, 'token'>) => applyLink({ token, ...body }),
    onSuccess: enter,
  })
  // 404: used or too old; 400: a part of it is missing.
  const over = look.error instanceof ApiProblem && [400, 404].includes(look.error.status)
  if (token === '' || over) return <Over />
  const { data } = look
  return (
    <Doorway title={data === undefined ? 'A link' : titleOf(data)}>
      {look.isPending && <Loader size="sm" aria-label="The link is looked up" />}
      {look.isError && <ErrorState error={look.error} onRetry={() => void look.refetch()} />}
      {data?.kind === 'setup' && <SetupForm needsProject={data.needs_project} use={use} />}
      {data?.kind === 'invitation' && <InvitationForm look={data} use={use} />}
      {data?.kind === 'sign_in' &&
        (data.may_set_password ? <SetPasswordForm look={data} use={use} /> : <SignInByLink use={use} />)}
    </Doorway>
  )
}

export type UseLink = ReturnType<typeof useMutation<Session, Error, Omit<LinkUse, 'token'>>>

/** Signs in by itself; the button is for whoever has to try again. */
function SignInByLink({ use }: { readonly use: UseLink }) {
  const { mutate, isIdle } = use
  useEffect(() => {
    if (isIdle) mutate({})
  }, [mutate, isIdle])
  return (
    <Stack>
      {use.isError && <ErrorState error={use.error} />}
      <Button onClick={() => mutate({})} loading={use.isPending}>
        Sign in
      </Button>
    </Stack>
  )
}

function Over() {
  return (
    <Doorway title="This link leads nowhere">
      <Text size="sm">
        It was used already, is too old, or is not whole. Ask whoever gave it to you for another one; links to set up a
        hub are printed when it starts.
      </Text>
      <LinkText to="/sign-in" size="sm">
        Go to the sign-in
      </LinkText>
    </Doorway>
  )
}
