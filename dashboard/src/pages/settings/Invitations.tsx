import { Button, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type Invitation, listInvitations, removeInvitation } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { useList } from '../../parts/list.ts'
import { sayDone } from '../../parts/notify.ts'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'

export function Invitations() {
  const { id } = useProject()
  const [taken, setTaken] = useState<Invitation | null>(null)
  const list = useList(['invitations', id], () => listInvitations(id))
  const remove = useMutation({
    mutationFn: (invitation: Invitation) => removeInvitation(id, invitation.id),
    onSuccess: async () => {
      setTaken(null)
      sayDone('The invitation is taken back; its link opens nothing any more.')
      await queries.invalidateQueries({ queryKey: ['invitations', id] })
    },
  })
  return (
    <>
      <DataTable
        label="Invitations that wait"
        columns={columns(setTaken)}
        list={list}
        keyOf={(invitation) => invitation.id}
        empty={
          <Text size="sm" c="dimmed" p="md">
            None waits.
          </Text>
        }
      />
      <ConfirmDialog
        opened={taken !== null}
        onClose={() => [setTaken(null), remove.reset()]}
        title={`Take the invitation of ${taken?.email ?? ''} back?`}
        act="Take it back"
        onConfirm={() => taken !== null && remove.mutate(taken)}
        pending={remove.isPending}
        error={remove.error}
      >
        Its link opens nothing any more. You can invite {taken?.email ?? ''} again.
      </ConfirmDialog>
    </>
  )
}

function columns(onTakeBack: (invitation: Invitation) => void): readonly Column<Invitation>[] {
  return [
    { key: 'email', header: 'E-mail', phone: 'title', width: 'minmax(200px, 2fr)', cell: ({ email }) => email },
    { key: 'role', header: 'Role', width: '120px', cell: ({ role }) => words(role) },
    { key: 'by', header: 'By', cell: ({ created_by: by }) => by },
    { key: 'until', header: 'Ends', width: '140px', cell: ({ expires_at: at }) => <TimeText at={at} /> },
    {
      key: 'act',
      header: 'What to do',
      width: '120px',
      cell: (invitation) => (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={() => onTakeBack(invitation)}
          aria-label={`Take back the invitation of ${invitation.email}`}
        >
          Take back
        </Button>
      ),
    },
  ]
}
