import { Button, Select, Text } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Role } from '../../api/session.ts'
import { changeMember, listMembers, type Member, removeMember } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { useList } from '../../parts/list.ts'
import { sayDone, sayFailed } from '../../parts/notify.ts'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject, useSession } from '../../project.ts'
import { queries } from '../../queries.ts'
import { ROLES } from './roles.ts'

export function MemberList() {
  const { id } = useProject()
  const [removing, setRemoving] = useState<Member | null>(null)
  const list = useList(['members', id], () => listMembers(id))
  const remove = useMutation({
    mutationFn: (member: Member) => removeMember(id, member.account_id),
    onSuccess: async (_, { email }) => {
      setRemoving(null)
      sayDone(`${email} is no member any more.`)
      await queries.invalidateQueries({ queryKey: ['members', id] })
    },
  })
  return (
    <>
      <DataTable
        label="Members"
        columns={useColumns(setRemoving)}
        list={list}
        keyOf={(member) => member.account_id}
        empty={
          <EmptyState icon={IconUsers} title="No member yet">
            Invite the first one; until then the owner of the hub is alone here.
          </EmptyState>
        }
      />
      <ConfirmDialog
        opened={removing !== null}
        onClose={() => [setRemoving(null), remove.reset()]}
        title={`Remove ${removing?.email ?? ''} from this project?`}
        act="Remove the member"
        onConfirm={() => removing !== null && remove.mutate(removing)}
        pending={remove.isPending}
        error={remove.error}
      >
        {removing?.name ?? ''} sees nothing of this project any more, at once. The account stays, and what was done
        under it stays in the audit log.
      </ConfirmDialog>
    </>
  )
}

function useColumns(onRemove: (member: Member) => void): readonly Column<Member>[] {
  const { may } = useProject()
  const { account } = useSession()
  return [
    {
      key: 'who',
      header: 'Who',
      phone: 'title',
      width: 'minmax(200px, 2fr)',
      cell: ({ name, email, account_id }) => (
        <>
          <Text fw={500} inherit span>
            {name}
          </Text>
          {account_id === account.id && (
            <Text span inherit c="dimmed">
              {' '}
              (you)
            </Text>
          )}
          <Text size="xs" c="dimmed" truncate>
            {email}
          </Text>
        </>
      ),
    },
    { key: 'role', header: 'Role', width: '160px', cell: (member) => <RoleCell member={member} /> },
    {
      key: 'seen',
      header: 'Last here',
      width: '150px',
      cell: ({ last_seen_at: at }) => <TimeText at={at} none="not yet" />,
    },
    {
      key: 'since',
      header: 'Since',
      width: '150px',
      phone: 'hidden',
      cell: ({ added_at: at }) => <TimeText at={at} />,
    },
    {
      key: 'act',
      header: 'What to do',
      width: '100px',
      cell: (member) =>
        may('members') &&
        !member.hub_owner && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            onClick={() => onRemove(member)}
            aria-label={`Remove ${member.email}`}
          >
            Remove
          </Button>
        ),
    },
  ]
}

function RoleCell({ member }: { readonly member: Member }) {
  const { id, may, access } = useProject()
  const act = useMutation({
    mutationFn: (role: Role) => changeMember(id, member.account_id, role),
    onSuccess: async (changed) => {
      sayDone(`${changed.email} is ${labelOf(changed.role).toLowerCase()} now.`)
      await queries.invalidateQueries({ queryKey: ['members', id] })
    },
    onError: sayFailed,
  })
  // An admin makes no owner, and changes none.
  const open = may('members') && !member.hub_owner && (access.role === 'owner' || member.role !== 'owner')
  if (!open) return <span>{member.hub_owner ? 'Owner of the hub' : labelOf(member.role)}</span>
  return (
    <Select
      aria-label={`Role of ${member.email}`}
      data={ROLES.filter(({ value }) => value !== 'owner' || access.role === 'owner').map(({ value, label }) => ({
        value,
        label,
      }))}
      value={member.role}
      onChange={(next) => {
        const role = ROLES.find(({ value }) => value === next)?.value
        if (role !== undefined && role !== member.role) act.mutate(role)
      }}
      allowDeselect={false}
      disabled={act.isPending}
      size="xs"
      w={140}
    />
  )
}

function labelOf(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.label ?? role
}
