import { Code, ScrollArea, Text } from '@mantine/core'
import type { NotificationWithBody } from '../../api/apps.ts'
import { JsonView } from '../../parts/JsonView.tsx'

/** The message as the store sent it: as JSON where it is JSON, else as its text. */
export function MessageBody({ body }: { readonly body: NonNullable<NotificationWithBody['body']> }) {
  const value = body.encoding === 'text' ? parsed(body.content) : undefined
  if (value !== undefined) return <JsonView label="Message" value={withOpened(value)} />
  return (
    <div>
      <Text size="xs" c="dimmed">
        Message, {body.bytes} bytes{body.encoding === 'base64' ? ' as base64' : ''}
      </Text>
      <ScrollArea.Autosize mah={420} viewportProps={{ tabIndex: 0, 'aria-label': 'Message' }}>
        <Code block>{body.content}</Code>
      </ScrollArea.Autosize>
    </div>
  )
}

/** Apple signs its messages: what they say is the middle of three parts. It was verified when it came. */
function withOpened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, part]) => [key, opened(part)])
  return Object.fromEntries(entries)
}

const SIGNED = /^[\w-]+\.([\w-]+)\.[\w-]+$/
/** Inner documents are signed again: the notification, its transaction, its renewal. */
const DEEPEST = 4

function opened(part: unknown, depth = 0): unknown {
  if (depth > DEEPEST) return part
  if (typeof part === 'string') {
    const inner = SIGNED.exec(part)?.[1]
    const value = inner === undefined ? undefined : parsed(textOf(inner))
    return typeof value === 'object' && value !== null ? opened(value, depth + 1) : part
  }
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, opened(one, depth)]))
}

function textOf(base64url: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return ''
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
