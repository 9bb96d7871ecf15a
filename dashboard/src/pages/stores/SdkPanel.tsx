import { Alert, Stack, Text } from '@mantine/core'
import { IconSignature } from '@tabler/icons-react'
import type { App } from '../../api/apps.ts'
import { CopyField } from '../../parts/CopyButton.tsx'
import { countText } from '../../parts/money.ts'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import classes from './Stores.module.css'

/** What the app itself said with its public key: which SDKs, what they asked for that is not here. */
export function SdkPanel({ app }: { readonly app: App }) {
  const { versions, missing, asks_for_signatures: signatures } = app.sdk
  if (app.public_key === null && versions.length === 0) return null
  return (
    <Panel title="SDKs in the app">
      <Stack gap="sm">
        {app.public_key !== null && <CopyField label="Public key" value={app.public_key} />}
        {signatures !== null && (
          <Alert color="yellow" variant="light" icon={<IconSignature aria-hidden />} title="An app asks for signatures">
            {signatures.name} asked for signed answers, last <TimeText at={signatures.last_at} />, and the hub signs
            none: switch entitlement verification off in the app.
          </Alert>
        )}
        {versions.length === 0 ? (
          <Text size="sm" c="dimmed">
            No SDK has called yet; point its proxy URL at this hub.
          </Text>
        ) : (
          <Calls calls={versions} />
        )}
        {missing.length > 0 && (
          <div>
            <Text size="sm" fw={500}>
              Asked for, and not here
            </Text>
            <Calls calls={missing} />
          </div>
        )}
      </Stack>
    </Panel>
  )
}

function Calls({ calls }: { readonly calls: App['sdk']['versions'] }) {
  return (
    <dl className={classes.facts}>
      {calls.map(({ name, count, last_at }) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>
            {countText(count)} calls, last <TimeText at={last_at} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
