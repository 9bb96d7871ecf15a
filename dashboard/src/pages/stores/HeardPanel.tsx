import { Button, Group, Loader, Select, Stack, Text, ThemeIcon } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { type App, askTestNotification } from '../../api/apps.ts'
import type { StoreConnector } from '../../api/connectors.ts'
import type { Environment } from '../../memory.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import classes from './Stores.module.css'

interface HeardPanelProps {
  readonly app: App
  readonly connector: StoreConnector
}

/** Waits for the first notification and turns green by itself; the page asks anew meanwhile. */
export function HeardPanel({ app, connector }: HeardPanelProps) {
  const { may } = useProject()
  const last = app.last_notification
  return (
    <Panel title="Notifications">
      <Stack>
        <div className={classes.heard} role="status">
          {last === null ? (
            <Loader size={22} aria-hidden />
          ) : (
            <ThemeIcon color="teal" radius="xl" size={24} aria-hidden>
              <IconCheck size={16} />
            </ThemeIcon>
          )}
          <div>
            <Text fw={600}>{last === null ? 'Waiting for the first notification…' : 'Notifications arrive'}</Text>
            <Text size="sm" c="dimmed">
              {last === null ? (
                waitingFor(app, connector)
              ) : (
                <>
                  Last notification <TimeText at={last.at} />
                  {last.type !== null && `: ${last.type}`}
                </>
              )}
            </Text>
          </div>
        </div>
        <Counts app={app} />
        {connector.can_test_notification && may('configure') && <TestNotification app={app} />}
      </Stack>
    </Panel>
  )
}

function waitingFor(app: App, connector: StoreConnector): string {
  if (app.receive === 'pull') return `The hub reads the history of ${connector.title}; the first entries show here.`
  return connector.can_test_notification
    ? 'Ask the store for a test notification, or make a test purchase; this turns green by itself.'
    : `Send a test from ${connector.title}, or make a test purchase; this turns green by itself.`
}

const STATUSES = ['waiting', 'understood', 'ignored', 'parked'] as const
const NAMES = { waiting: 'Waiting', understood: 'Understood', ignored: 'Ignored', parked: 'Parked' } as const

function Counts({ app }: { readonly app: App }) {
  const { id: project } = useProject()
  return (
    <Group gap="lg">
      {STATUSES.map((status) => (
        <div key={status}>
          <Text size="xs" c="dimmed">
            {NAMES[status]}
          </Text>
          <LinkText
            to="/$project/stores/$id"
            params={{ project, id: app.id }}
            search={{ tab: 'notifications', status } as never}
            fw={600}
            className="figures"
            aria-label={`${NAMES[status]}: ${app.notifications[status]}`}
          >
            {countText(app.notifications[status])}
          </LinkText>
        </div>
      ))}
    </Group>
  )
}

function TestNotification({ app }: { readonly app: App }) {
  const { id: project } = useProject()
  const [environment, setEnvironment] = useState<Environment>(app.environments[0] ?? 'production')
  const act = useMutation({ mutationFn: () => askTestNotification(project, app.id, environment) })
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Select
          aria-label="Environment of the test notification"
          data={app.environments.map((value) => ({ value, label: words(value) }))}
          value={environment}
          onChange={(next) => setEnvironment(app.environments.find((one) => one === next) ?? environment)}
          allowDeselect={false}
          w={140}
          size="xs"
        />
        <Button size="xs" variant="default" onClick={() => act.mutate()} loading={act.isPending}>
          Send test notification
        </Button>
      </Group>
      {act.isSuccess && (
        <Text size="sm" role="status">
          {act.data.message}
        </Text>
      )}
      {act.isError && <ErrorState error={act.error} />}
    </Stack>
  )
}
