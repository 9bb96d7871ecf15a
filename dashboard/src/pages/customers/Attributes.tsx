import { ActionIcon, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { type Customer, setAttribute } from '../../api/customers.ts'
import { ApiProblem } from '../../api/problem.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { whoMay } from '../../parts/roles.ts'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import classes from './Customers.module.css'
import { readAgain } from './read-again.ts'

interface AttributesProps {
  readonly id: string
  readonly attributes: Customer['attributes']
}

/** null: a new one. */
interface Edited {
  readonly key: string | null
  readonly value: string
}

/** What is known of a customer by name; the destinations get it as properties of their profile. */
export function Attributes({ id, attributes }: AttributesProps) {
  const { may } = useProject()
  const [edited, setEdited] = useState<Edited | null>(null)
  const [deleted, setDeleted] = useState<string | null>(null)
  const mayEdit = may('customers') && may('personal')
  const entries = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b))
  return (
    <Panel
      title="Attributes"
      about={may('personal') ? 'Names with $ are reserved.' : 'Values are hidden from your role.'}
      flush
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setEdited({ key: null, value: '' })}
          {...(mayEdit ? {} : { disabled: true, title: whoMay('customers') })}
        >
          Add
        </Button>
      }
    >
      {entries.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None yet; the app sets them through its SDK, or you add one.
        </Text>
      )}
      {entries.map(([key, { value, updated_at_ms: at }]) => (
        <div key={key} className={classes.line}>
          <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
            <div style={{ minWidth: 0 }}>
              <Text size="xs" c="dimmed">
                {key} · <TimeText at={at} />
              </Text>
              <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
                {value}
              </Text>
            </div>
            {mayEdit && (
              <Group gap={2} wrap="nowrap">
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Edit ${key}`}
                  onClick={() => setEdited({ key, value })}
                >
                  <IconPencil size={16} aria-hidden />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${key}`} onClick={() => setDeleted(key)}>
                  <IconTrash size={16} aria-hidden />
                </ActionIcon>
              </Group>
            )}
          </Group>
        </div>
      ))}
      {edited !== null && <EditDialog id={id} edited={edited} onClose={() => setEdited(null)} />}
      <DeleteDialog id={id} name={deleted} onClose={() => setDeleted(null)} />
    </Panel>
  )
}

const KEPT = 'The hub kept what it had: ids of devices and where a customer came from keep their first value.'

/** The hub stores what it can and says of the rest why not: as an error of the value. */
async function store(project: string, id: string, key: string, value: string | null): Promise<void> {
  const stored = await setAttribute(project, id, key, value)
  const refused = stored.errors[0]?.message
  const present = stored.attributes[key]?.value
  const message = refused ?? ((present ?? null) === (value === '' ? null : value) ? undefined : KEPT)
  if (message !== undefined)
    throw new ApiProblem({ status: 400, title: 'Not stored', detail: message, errors: [{ at: key, message }] })
}

function EditDialog({
  id,
  edited,
  onClose,
}: {
  readonly id: string
  readonly edited: Edited
  readonly onClose: () => void
}) {
  const { id: project } = useProject()
  const [key, setKey] = useState(edited.key ?? '')
  const [value, setValue] = useState(edited.value)
  const save = useMutation({
    mutationFn: () => store(project, id, key.trim(), value),
    onSuccess: () => {
      sayDone(`${key.trim()} is stored.`)
      readAgain(project, id)
      onClose()
    },
  })
  const refusal = save.error instanceof ApiProblem ? save.error.errors[0]?.message : undefined
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (key.trim() !== '' && value !== '') save.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={edited.key === null ? 'Add an attribute' : `Edit ${edited.key}`}>
      <form onSubmit={submit}>
        <Stack>
          {edited.key === null && (
            <TextInput
              label="Name"
              description="One of your own, such as favourite_team, or a reserved one: $email, $displayName, $phoneNumber, the ids of devices and of analytics tools. A reserved name means the same to every integration; no other may begin with $."
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              data-autofocus
            />
          )}
          <Textarea
            label="Value"
            description="Text, 500 characters at most."
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            error={refusal}
            autosize
            maxRows={8}
            {...(edited.key === null ? {} : { 'data-autofocus': true })}
          />
          {save.isError && refusal === undefined && <ErrorState error={save.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending} disabled={key.trim() === '' || value === ''}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface DeleteDialogProps {
  readonly id: string
  readonly name: string | null
  readonly onClose: () => void
}

function DeleteDialog({ id, name, onClose }: DeleteDialogProps) {
  const { id: project } = useProject()
  const remove = useMutation({
    mutationFn: () => store(project, id, name ?? '', null),
    onSuccess: () => {
      sayDone(`${name} was deleted.`)
      readAgain(project, id)
      onClose()
    },
  })
  const close = (): void => {
    remove.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      opened={name !== null}
      onClose={close}
      title={`Delete ${name ?? ''}?`}
      act="Delete the attribute"
      onConfirm={() => remove.mutate()}
      pending={remove.isPending}
      error={remove.error}
    >
      {`The attribute ${name ?? ''} of ${id} goes. Events that were recorded before keep the value they had; an app that sets it again brings it back.`}
    </ConfirmDialog>
  )
}
