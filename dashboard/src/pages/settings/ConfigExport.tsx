import { Button, Code, Group, Modal, ScrollArea, Stack, Text } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { configQuery } from '../../api/settings.ts'
import { CopyButton } from '../../parts/CopyButton.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'

/** Everything of the project as a config file: to look at, to copy and to take along. */
export function ConfigExport() {
  const { id } = useProject()
  const [shown, setShown] = useState(false)
  return (
    <Panel title="As a config file">
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={420}>
          The project, its stores and its integrations as YAML. Secrets are not in it: a variable stands in the place of
          each.
        </Text>
        <Group gap="xs">
          <Button variant="default" onClick={() => setShown(true)}>
            View
          </Button>
          <Button
            component="a"
            href={`/api/projects/${encodeURIComponent(id)}/config.yaml`}
            download={`${id}.yaml`}
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download
          </Button>
        </Group>
      </Group>
      <Modal opened={shown} onClose={() => setShown(false)} title={`${id}.yaml`} size="xl">
        <Config />
      </Modal>
    </Panel>
  )
}

function Config() {
  const { id } = useProject()
  const config = useQuery(configQuery(id))
  if (config.isError) return <ErrorState error={config.error} onRetry={() => void config.refetch()} />
  if (config.data === undefined)
    return (
      <Text size="sm" role="status">
        It is being written…
      </Text>
    )
  return (
    <Stack gap="xs">
      <Group justify="flex-end">
        <CopyButton value={config.data} what="the config file" />
      </Group>
      <ScrollArea.Autosize mah="60vh" viewportProps={{ tabIndex: 0, 'aria-label': 'The config file' }}>
        <Code block>{config.data}</Code>
      </ScrollArea.Autosize>
    </Stack>
  )
}
