import { Accordion, Stack, Text } from '@mantine/core'
import type { App } from '../../api/apps.ts'
import type { StoreConnector } from '../../api/connectors.ts'
import { CopyField } from '../../parts/CopyButton.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { CheckPanel } from './CheckPanel.tsx'
import { HeardPanel } from './HeardPanel.tsx'
import { RefusedAlert } from './RefusedAlert.tsx'
import { SdkPanel } from './SdkPanel.tsx'
import { SimulatorPanel } from './SimulatorPanel.tsx'
import { Steps } from './Steps.tsx'
import classes from './Stores.module.css'

interface StoreOverviewProps {
  readonly app: App
  readonly connector: StoreConnector
}

/** What was heard of a store, whether it can be asked, and what is left to do there. */
export function StoreOverview({ app, connector }: StoreOverviewProps) {
  const { may } = useProject()
  return (
    <Stack>
      {app.refused.count > 0 && <RefusedAlert app={app} connector={connector} />}
      <div className={classes.pair}>
        <Stack>
          <HeardPanel app={app} connector={connector} />
          {app.pulled.length > 0 && <Pulled app={app} />}
          {connector.simulator !== null && may('configure') && (
            <SimulatorPanel app={app.id} scenarios={connector.simulator.scenarios} />
          )}
        </Stack>
        <Stack>
          {app.notification_url !== null && (
            <Panel title="Address">
              <CopyField
                label="Notification address"
                value={app.notification_url}
                help={`What to enter at ${connector.title}.`}
              />
            </Panel>
          )}
          {connector.can_check && may('configure') && <CheckPanel app={app} />}
          <SdkPanel app={app} />
        </Stack>
      </div>
      <SetUp app={app} connector={connector} />
    </Stack>
  )
}

function Pulled({ app }: { readonly app: App }) {
  return (
    <Panel title="Read from the store" about="What the store lists itself, as far as the hub has read it.">
      <Stack gap="sm">
        {app.pulled.map(({ list, environment, from, up_to, updated_at, note }) => (
          <div key={`${list} ${environment}`}>
            <Text size="sm" fw={500}>
              {words(list)}, {environment}
            </Text>
            <Text size="sm" c="dimmed">
              Read from <TimeText at={from} as="exact" /> up to <TimeText at={up_to} as="exact" />, last{' '}
              <TimeText at={updated_at} />.
            </Text>
            {note !== null && <Text size="sm">{note}</Text>}
          </div>
        ))}
      </Stack>
    </Panel>
  )
}

/** Open as long as nothing was heard. */
function SetUp({ app, connector }: StoreOverviewProps) {
  return (
    <Accordion
      variant="separated"
      className={classes.fold}
      defaultValue={app.last_notification === null ? 'steps' : null}
    >
      <Accordion.Item value="steps">
        <Accordion.Control>
          <Text fw={500} size="sm">
            What to do at {connector.title}
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Steps steps={connector.steps} url={app.notification_url} />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}
