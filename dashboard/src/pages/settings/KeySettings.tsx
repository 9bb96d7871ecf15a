import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconKey, IconPlus } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { ApiProblem } from '../../api/problem.ts'
import { createKey, listKeys, revokeKey, type SecretKey } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { useList } from '../../parts/list.ts'
import { sayDone } from '../../parts/notify.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import { ShownOnce } from './ShownOnce.tsx'

export function KeySettings() {
  const { id, may } = useProject()
  const list = useList(['keys', id], () => listKeys(id), { enabled: may('keys') })
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<string | null>(null)
  const revoke = useMutation({
    mutationFn: (name: string) => revokeKey(id, name),
    onSuccess: async (_, name) => {
      setRevoking(null)
      sayDone(`The key ${name} is revoked.`)
      await queries.invalidateQueries({ queryKey: ['keys', id] })
    },
  })
  if (!may('keys'))
    return (
      <>
        <PageHeader title="API keys" />
        <EmptyState icon={IconKey} title="Not with your role">
          Owners, admins and developers of the project see and make keys; ask one of them.
        </EmptyState>
      </>
    )
  const make = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      New key
    </Button>
  )
  return (
    <>
      <PageHeader
        title="API keys"
        about="Secret keys for your servers. A key reads and changes everything of this project but keys and members."
        actions={list.data?.items.length === 0 ? undefined : make}
      />
      <DataTable
        label="API keys"
        columns={columns(setRevoking)}
        list={list}
        keyOf={({ name }) => name}
        empty={
          <EmptyState icon={IconKey} title="No key yet" action={make}>
            Make one for each server that talks to the hub, so that one can be revoked without the others.
          </EmptyState>
        }
      />
      <NewKey opened={making} onClose={() => setMaking(false)} />
      <ConfirmDialog
        opened={revoking !== null}
        onClose={() => [setRevoking(null), revoke.reset()]}
        title={`Revoke the key ${revoking ?? ''}?`}
        act="Revoke the key"
        onConfirm={() => revoking !== null && revoke.mutate(revoking)}
        pending={revoke.isPending}
        error={revoke.error}
      >
        Every server that uses it is refused from this moment on. It cannot be brought back.
      </ConfirmDialog>
    </>
  )
}

function columns(onRevoke: (name: string) => void): readonly Column<SecretKey>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      phone: 'title',
      cell: ({ name }) => (
        <Text fw={500} inherit>
          {name}
        </Text>
      ),
    },
    { key: 'end', header: 'Ends in', width: '110px', cell: ({ last4 }) => <span className="figures">…{last4}</span> },
    { key: 'made', header: 'Made', width: '170px', cell: ({ created_at: at }) => <TimeText at={at} /> },
    {
      key: 'act',
      header: 'What to do',
      width: '200px',
      cell: ({ name, managed }) =>
        managed === 'file' ? (
          <Text span inherit c="dimmed">
            Managed by the config file
          </Text>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            onClick={() => onRevoke(name)}
            aria-label={`Revoke ${name}`}
          >
            Revoke
          </Button>
        ),
    },
  ]
}

function NewKey({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { id } = useProject()
  const [name, setName] = useState('')
  const make = useMutation({
    mutationFn: () => createKey(id, name.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys', id] }),
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    make.mutate()
  }
  const forget = (): void => {
    make.reset()
    setName('')
  }
  const fieldError = make.error instanceof ApiProblem ? make.error.errors.find(({ at }) => at === 'name') : undefined
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={forget}
      title={make.isSuccess ? `The key ${make.data.name}` : 'New key'}
      closeOnClickOutside={!make.isSuccess}
      closeOnEscape={!make.isSuccess}
      withCloseButton={!make.isSuccess}
    >
      {make.isSuccess ? (
        <ShownOnce
          icon={<IconAlertTriangle aria-hidden />}
          title="Copy it now"
          label="Secret key"
          value={make.data.key}
          onCopied={onClose}
        >
          This is the only time that it is shown: the hub keeps no copy. Store it where your server reads its secrets,
          and never in an app or a web page.
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Name"
              description="Says where it is used; it stands in the audit log: backend."
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={fieldError?.message}
              required
              withAsterisk={false}
              autoComplete="off"
              data-autofocus
            />
            {make.isError && fieldError === undefined && <ErrorState error={make.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
                Make the key
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
