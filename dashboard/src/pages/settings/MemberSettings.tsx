import { Button, Stack, Title } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { Invitations } from './Invitations.tsx'
import { InviteDialog } from './InviteDialog.tsx'
import { MemberList } from './MemberList.tsx'
import { RoleTable } from './RoleTable.tsx'

export function MemberSettings() {
  const { may } = useProject()
  const [inviting, setInviting] = useState(false)
  return (
    <>
      <PageHeader
        title="Members"
        about="Who sees this project, and what they may do in it."
        actions={
          may('members') && (
            <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
              Invite
            </Button>
          )
        }
      />
      <Stack gap="lg">
        <MemberList />
        {may('members') && (
          <section aria-labelledby="invitations">
            <Title order={2} id="invitations" mb="sm">
              Invitations that wait
            </Title>
            <Invitations />
          </section>
        )}
        <section aria-labelledby="roles">
          <Title order={2} id="roles" mb="sm">
            What each role may
          </Title>
          <RoleTable />
        </section>
      </Stack>
      {may('members') && <InviteDialog opened={inviting} onClose={() => setInviting(false)} />}
    </>
  )
}
