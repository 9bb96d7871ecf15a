import { Button, Stack, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import {
  type IntegrationDetail,
  refreshIntegrations,
  removeIntegration,
  switchIntegration,
} from '../../api/integrations.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { countText } from '../../parts/money.ts'
import { sayDone } from '../../parts/notify.ts'
import { useProject } from '../../project.ts'

/** Pause, resume and delete: each asks, and names what it touches. */
export function IntegrationActs({ integration }: { readonly integration: IntegrationDetail }) {
  const { may } = useProject()
  const [asked, setAsked] = useState<'pause' | 'resume' | 'delete' | null>(null)
  if (!may('integrate')) return null
  const paused = integration.channels.some(({ state }) => state === 'paused')
  const byFile = integration.managed === 'file'
  const close = (): void => setAsked(null)
  return (
    <>
      {paused ? (
        <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={() => setAsked('resume')}>
          Resume
        </Button>
      ) : (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} aria-hidden />}
          onClick={() => setAsked('pause')}
          disabled={!integration.enabled}
        >
          Pause
        </Button>
      )}
      <Button
        variant="light"
        color="red"
        leftSection={<IconTrash size={16} aria-hidden />}
        onClick={() => setAsked('delete')}
        disabled={byFile}
        title={byFile ? 'Managed by the config file: take it out of the file and apply the file again.' : undefined}
      >
        Delete
      </Button>
      <SwitchDialog integration={integration} act="pause" opened={asked === 'pause'} onClose={close} />
      <SwitchDialog integration={integration} act="resume" opened={asked === 'resume'} onClose={close} />
      <DeleteDialog integration={integration} opened={asked === 'delete'} onClose={close} />
    </>
  )
}

interface ActDialogProps {
  readonly integration: IntegrationDetail
  readonly opened: boolean
  readonly onClose: () => void
}

function waitingText({ deliveries: { waiting } }: IntegrationDetail): string {
  return waiting === 1 ? '1 delivery' : `${countText(waiting)} deliveries`
}

function SwitchDialog({ integration, act, opened, onClose }: ActDialogProps & { readonly act: 'pause' | 'resume' }) {
  const { id: project } = useProject()
  const change = useMutation({
    mutationFn: () => switchIntegration(project, integration.id, act),
    onSuccess: async () => {
      sayDone(act === 'pause' ? `${integration.title} is paused.` : `${integration.title} sends again.`)
      onClose()
      await refreshIntegrations(project)
    },
  })
  const waiting = waitingText(integration)
  const verb = act === 'pause' ? 'Pause' : 'Resume'
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`${verb} ${integration.id}?`}
      act={verb}
      calm
      onConfirm={() => change.mutate()}
      pending={change.isPending}
      error={change.error}
    >
      {act === 'pause'
        ? `Nothing more goes to ${integration.title}, from production and sandbox, until somebody resumes it. New events wait, and none is lost; ${waiting} wait now.`
        : `${waiting} that wait now go to ${integration.title}, oldest first for each customer, and new events follow.`}
    </ConfirmDialog>
  )
}

function DeleteDialog({ integration, opened, onClose }: ActDialogProps) {
  const { id: project } = useProject()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => removeIntegration(project, integration.id),
    onSuccess: async ({ waiting }) => {
      sayDone(
        waiting === 0
          ? `${integration.id} is deleted.`
          : `${integration.id} is deleted; ${countText(waiting)} waiting deliveries end as failed.`,
      )
      await navigate({ to: '/$project/integrations', params: { project } })
      await refreshIntegrations(project)
    },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete the integration ${integration.id}?`}
      act="Delete the integration"
      typeName={integration.id}
      onConfirm={() => remove.mutate()}
      pending={remove.isPending}
      error={remove.error}
    >
      <Stack gap="xs">
        <Text size="sm">
          Nothing more is sent to {integration.title}, and its credentials are forgotten. {waitingText(integration)}{' '}
          that wait now will end as failed.
        </Text>
        <Text size="sm">What was delivered stays readable on its events.</Text>
      </Stack>
    </ConfirmDialog>
  )
}
