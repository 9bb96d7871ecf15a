import { Button, Stack, Text, TextInput } from '@mantine/core'
import { type SubmitEvent, useState } from 'react'
import { EmailField, NameField, NewPassword } from '../../parts/AccountFields.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { errorAt, isAtField } from './account-errors.ts'
import type { UseLink } from './LinkPage.tsx'

const FIELDS = ['email', 'name', 'password', 'project.id', 'project.name']

/** The first account of a hub, and its first project where it has none. */
export function SetupForm({ needsProject, use }: { readonly needsProject: boolean; readonly use: UseLink }) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [projectName, setProjectName] = useState('')
  const [typedId, setTypedId] = useState<string | null>(null)
  const projectId = typedId ?? slugOf(projectName)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const first = needsProject ? { project: { id: projectId, name: projectName.trim() } } : {}
    use.mutate({ email: email.trim(), name: name.trim(), password, ...first })
  }
  const { error } = use
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          This makes the first account. It owns the hub and invites everybody else.
        </Text>
        <NameField value={name} onChange={setName} error={errorAt(error, 'name')} />
        <EmailField value={email} onChange={setEmail} error={errorAt(error, 'email')} />
        <NewPassword label="Password" value={password} onChange={setPassword} error={errorAt(error, 'password')} />
        {needsProject && (
          <>
            <TextInput
              label="First project"
              description="What one team owns: an app with its stores and destinations."
              name="project_name"
              required
              withAsterisk={false}
              placeholder="Acme"
              value={projectName}
              onChange={(event) => setProjectName(event.currentTarget.value)}
              error={errorAt(error, 'project.name')}
            />
            <TextInput
              label="Its short name"
              description="Stands in every address, and stays."
              name="project_id"
              required
              withAsterisk={false}
              value={projectId}
              onChange={(event) => setTypedId(event.currentTarget.value)}
              error={errorAt(error, 'project.id')}
              spellCheck={false}
            />
          </>
        )}
        {use.isError && !isAtField(error, FIELDS) && <ErrorState error={error} />}
        <Button type="submit" loading={use.isPending} fullWidth>
          Make the account
        </Button>
      </Stack>
    </form>
  )
}

/** A proposal; the hub says what is allowed. */
function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
}
