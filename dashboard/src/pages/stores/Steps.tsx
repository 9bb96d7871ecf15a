import { Code, Group, List, Text } from '@mantine/core'
import { Fragment } from 'react'
import { CopyButton } from '../../parts/CopyButton.tsx'

interface StepsProps {
  /** Plain sentences; `{url}` stands for the notification address. */
  readonly steps: readonly string[]
  /** null: there is none before the app has its id. */
  readonly url: string | null
}

/** What to do at the store, in order, with the address where it is to be entered. */
export function Steps({ steps, url }: StepsProps) {
  return (
    <List type="ordered" spacing="sm" size="sm" listStyleType="decimal">
      {steps.map((step) => (
        <List.Item key={step}>
          {step.split('{url}').map((part, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a sentence is cut the same way every time
            <Fragment key={index}>
              {index > 0 && <Address url={url} />}
              {part}
            </Fragment>
          ))}
        </List.Item>
      ))}
    </List>
  )
}

function Address({ url }: { readonly url: string | null }) {
  if (url === null)
    return (
      <Text span inherit fs="italic">
        the address below the id
      </Text>
    )
  return (
    <Group component="span" gap={2} display="inline-flex" wrap="nowrap" maw="100%">
      <Code style={{ overflowWrap: 'anywhere' }}>{url}</Code>
      <CopyButton value={url} what="the address" />
    </Group>
  )
}
