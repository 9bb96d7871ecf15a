import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { IconShieldX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type App, changeApp } from '../../api/apps.ts'
import type { StoreConnector } from '../../api/connectors.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { countText } from '../../parts/money.ts'
import { sayDone } from '../../parts/notify.ts'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'

interface RefusedAlertProps {
  readonly app: App
  readonly connector: StoreConnector
}

/** What was turned away at the door, why, and what it said it was. */
export function RefusedAlert({ app, connector }: RefusedAlertProps) {
  const { count, last_at: at, last_reason: reason, last_claimed: claimed } = app.refused
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconShieldX aria-hidden />}
      title={count === 1 ? 'One message was refused' : `${countText(count)} messages were refused`}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          The last one <TimeText at={at} />
          {reason === null ? '.' : `: ${reason}`}
        </Text>
        {claimed !== null && (
          <Text size="sm">
            It said that it was from <Code style={{ overflowWrap: 'anywhere' }}>{claimed}</Code>.
          </Text>
        )}
        {claimed !== null && <TakeOver app={app} connector={connector} claimed={claimed} />}
      </Stack>
    </Alert>
  )
}

/** The field that says whose messages are taken, where a refused message names what belongs in it. */
const TOPIC = 'topic_arn'

function TakeOver({ app, connector, claimed }: RefusedAlertProps & { readonly claimed: string }) {
  const { id: project, may } = useProject()
  const [asked, setAsked] = useState(false)
  const field = connector.fields.find(({ key }) => key === TOPIC)
  const act = useMutation({
    mutationFn: () => changeApp(project, app.id, { settings: { [TOPIC]: claimed } }),
    onSuccess: async () => {
      setAsked(false)
      sayDone('The topic is taken over; add the endpoint at the store once more.')
      await queries.invalidateQueries({ queryKey: ['apps', project] })
    },
  })
  const fits = field !== undefined && claimed.startsWith('arn:') && app.settings[TOPIC] !== claimed
  if (!fits || !may('configure') || app.managed === 'file') return null
  return (
    <Group>
      <Button size="xs" variant="default" onClick={() => setAsked(true)}>
        Take this topic over
      </Button>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Take messages of this topic for ${app.id}?`}
        act="Take it over"
        onConfirm={() => act.mutate()}
        pending={act.isPending}
        error={act.error}
        calm
      >
        <Stack gap="xs">
          <Text size="sm">
            “{field.label}” becomes <Code style={{ overflowWrap: 'anywhere' }}>{claimed}</Code>.
          </Text>
          <Text size="sm">
            Anybody can send from a topic of their own: take it over only when it was refused in the minute in which you
            added the endpoint at the store.
          </Text>
        </Stack>
      </ConfirmDialog>
    </Group>
  )
}
