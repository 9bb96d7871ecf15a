import { Button, Group, List, Select, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { playScenario } from '../../api/apps.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { LinkText } from '../../parts/links.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'

interface SimulatorPanelProps {
  readonly app: string
  readonly scenarios: readonly { readonly name: string; readonly about: string }[]
}

/** Where the hub trusts a simulator of the store: plays the life of a purchase, message by message. */
export function SimulatorPanel({ app, scenarios }: SimulatorPanelProps) {
  const { id: project } = useProject()
  const [name, setName] = useState(scenarios[0]?.name ?? '')
  const act = useMutation({
    mutationFn: () => playScenario(project, app, name),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['apps', project] }),
  })
  const about = scenarios.find((one) => one.name === name)?.about
  return (
    <Panel title="Simulator" about="Plays a purchase of a made-up customer at the simulated store.">
      <Stack gap="sm">
        <Group align="flex-end" gap="xs">
          <Select
            label="What happens"
            data={scenarios.map((one) => ({ value: one.name, label: titleOf(one.name) }))}
            value={name}
            onChange={(next) => setName(next ?? name)}
            allowDeselect={false}
            flex={1}
            miw={180}
          />
          <Button onClick={() => act.mutate()} loading={act.isPending} disabled={name === ''}>
            Play it
          </Button>
        </Group>
        {about !== undefined && (
          <Text size="sm" c="dimmed">
            {about.charAt(0).toUpperCase()}
            {about.slice(1)}.
          </Text>
        )}
        {act.isError && <ErrorState error={act.error} />}
        {act.isSuccess && (
          <div role="status">
            <Text size="sm" fw={500}>
              Sent {act.data.sent.length === 1 ? 'one message' : `${act.data.sent.length} messages`}
            </Text>
            <List size="sm">
              {act.data.sent.map((one, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a story may send the same message twice
                <List.Item key={index}>
                  {titleOf(one.name)}, <TimeText at={one.at} as="exact" />: answered {one.status}
                </List.Item>
              ))}
            </List>
            <LinkText to="/$project/events" params={{ project }} size="sm">
              See the events
            </LinkText>
          </div>
        )}
      </Stack>
    </Panel>
  )
}

/** Scenarios are named as commands are: `bought-now`. */
function titleOf(name: string): string {
  return words(name.replaceAll('-', '_'))
}
